"""Which addresses belong to a provider: nobody else ever sees its key."""

from ipaddress import ip_address
from urllib.parse import SplitResult, urljoin, urlsplit

from ingestion.errors import BadPayloadError
from ingestion.profile import ProviderProfile

DEFAULT_PORTS = {"http": 80, "https": 443}


def is_loopback(url: str) -> bool:
    """Whether a URL's host is this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def address(profile: ProviderProfile, base_url: str, target: str) -> str:
    """The whole URL of a path below the base, or of an address that the provider gave us.

    Raises
    ------
    BadPayloadError
        If that address lies on a host that is not the provider's.
    """
    if not target.lower().startswith(("http:", "https:", "//")):
        return base_url + target
    url = urljoin(base_url, target)
    origin, own = _origin(urlsplit(url)), _origin(urlsplit(base_url))
    siblings = {("https", host, 443) for host in profile.sibling_hosts}
    if origin == own or {origin, own} <= siblings:
        return url
    raise BadPayloadError(f"{profile.name} points to another host ({origin[1]}): not followed")


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    try:
        return url.scheme, url.hostname, url.port or DEFAULT_PORTS.get(url.scheme)
    except ValueError:  # a port that is no number
        return url.scheme, url.hostname, None
