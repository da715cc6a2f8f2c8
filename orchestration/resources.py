"""From the environment to plain arguments: the only place that reads environment variables.

`.env` below MQP_HOME is read first; a variable that is set in the environment wins.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values

from ingestion.masking import Masker
from ingestion.settings import KEY_VARIABLES, SourceSettings
from orchestration.alerts.alerting import Alerting
from orchestration.errors import UsageError
from warehouse.home import Home

REPOSITORY = Path(__file__).resolve().parents[1]
CACHE_TTL_HOURS = 24.0
SANDBOX_SEED = 7
BACKUPS_KEPT = 7
SECRET_NAMES = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD", "WEBHOOK_URL")
"""Ends of the names of variables whose values nobody else may read."""

BASE_URLS: dict[str, tuple[str, str]] = {
    "polygon": ("POLYGON_BASE_URL", "https://api.massive.com"),
    "fmp": ("FMP_BASE_URL", "https://financialmodelingprep.com/stable"),
    "finnhub": ("FINNHUB_BASE_URL", "https://finnhub.io/api/v1"),
    "fred": ("FRED_BASE_URL", "https://api.stlouisfed.org/fred"),
    "fred_graph": ("FRED_GRAPH_BASE_URL", "https://fred.stlouisfed.org/graph"),
    "cboe": ("CBOE_BASE_URL", "https://cdn.cboe.com"),
    "yahoo": ("YAHOO_BASE_URL", "https://query1.finance.yahoo.com"),
}
RATE_VARIABLES: dict[str, str] = {
    "polygon": "POLYGON_CALLS_PER_MINUTE",
    "fmp": "FMP_CALLS_PER_MINUTE",
    "finnhub": "FINNHUB_CALLS_PER_MINUTE",
    "fred": "FRED_CALLS_PER_MINUTE",
    "yahoo": "YAHOO_CALLS_PER_MINUTE",
}
BAR_PROVIDERS = ("polygon", "fmp")


@dataclass(frozen=True)
class Settings:
    """Everything that the environment decides about a run.

    `world`: `live`, `sandbox:<seed>` or `custom:<name>`. `pinned_now`: the clock of a rehearsal,
    None for the wall clock. `patience_seconds`: how long a failing source is tried at most, no
    limit but the provider's own by default. `base_urls` and `api_keys` by provider; keys never
    appear in the repr. `quota_root`: where the calls of a day are counted, the cache by default.
    `holdings`: the file that says what a person holds, None without one. `alerting`: where alerts
    go. `keeps_metrics`: whether each run leaves a line under `logs/metrics/`. `backup_root`: the
    folder of backups, of which `backups_kept` stay.
    """

    home: Home
    world: str
    universe: Path
    portfolio: Path
    cache_root: Path
    cache_ttl: timedelta
    sandbox_seed: int
    pinned_now: datetime | None
    base_urls: Mapping[str, str]
    api_keys: Mapping[str, str] = field(repr=False)
    rates: Mapping[str, float] = field(default_factory=dict)
    patience_seconds: float = float("inf")
    quota_root: Path | None = None
    holdings: Path | None = None
    alerting: Alerting = field(default_factory=Alerting)
    keeps_metrics: bool = False
    backup_root: Path | None = None
    backups_kept: int = BACKUPS_KEPT

    @cached_property
    def masker(self) -> Masker:
        """Takes every key and credential of this environment out of a text."""
        return Masker([*self.api_keys.values(), *self.alerting.secrets])

    @property
    def backups(self) -> Path:
        """The folder that holds a folder per backup."""
        return self.backup_root or self.home.root / "backups"

    @property
    def is_sandbox(self) -> bool:
        """Whether the market is the simulated one."""
        return self.world.startswith("sandbox:")

    @property
    def banner(self) -> str | None:
        """What must be said wherever a person might take this world for the real one."""
        if self.world == "live":
            return None
        return "SIMULATED DATA" if self.is_sandbox else "REPLAYED DATA"

    def source_settings(self) -> SourceSettings:
        """What ingestion needs to know."""
        return SourceSettings(
            base_urls=self.base_urls,
            api_keys=self.api_keys,
            cache_root=self.cache_root,
            raw_root=self.home.raw_responses,
            log_path=self.home.logs / "ingestion.log",
            cache_ttl=self.cache_ttl,
            rates=self.rates,
            patience_seconds=self.patience_seconds,
            world=self.world,
            quota_root=self.quota_root,
        )

    def with_sandbox(self, base_urls: Mapping[str, str], api_keys: Mapping[str, str]) -> "Settings":
        """The same run against a started sandbox server; what is switched off stays off."""
        urls = {name: url for name, url in base_urls.items() if name in self.base_urls}
        return replace(self, base_urls=urls, api_keys=dict(api_keys))


def utc_now(settings: Settings) -> datetime:
    """Tell the time: the one function of the project that reads the wall clock."""
    return settings.pinned_now or datetime.now(UTC)


def clock_of(settings: Settings) -> Callable[[], datetime]:
    """The run's clock as an argument for those who must not know where it comes from."""
    return lambda: utc_now(settings)


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Read the environment and `.env`, and refuse what cannot be meant.

    Raises
    ------
    UsageError
        A variable has a value outside its range; live data without a source of daily bars;
        `MQP_NOW` in world `live`; `.env` cannot be read.
    """
    given = dict(os.environ if environment is None else environment)
    home = Home(Path(given.get("MQP_HOME") or REPOSITORY).expanduser().resolve())
    variables = env_file_variables(home) | given
    keys = {
        name: variables[key].strip() for name, key in KEY_VARIABLES.items() if variables.get(key)
    }
    world = _world(variables, has_keys=bool(keys))
    pinned = _moment(variables.get("MQP_NOW"))
    if pinned and world == "live":
        raise UsageError(
            "MQP_NOW pins the clock for rehearsals and is refused with live data: unset it."
        )
    if not world.startswith("sandbox:") and not any(name in keys for name in BAR_PROVIDERS):
        raise UsageError(
            "Live data needs a source of daily bars: set POLYGON_API_KEY or FMP_API_KEY, "
            "or MQP_SOURCES=sandbox for the simulated market."
        )
    return Settings(
        home=home,
        world=world,
        universe=_existing(variables.get("MQP_UNIVERSE"), "config/universes/core_equities.yaml"),
        portfolio=_existing(variables.get("MQP_PORTFOLIO"), "config/portfolio.yaml"),
        cache_root=Path(variables.get("CACHE_ROOT") or home.data / "cache").expanduser(),
        cache_ttl=timedelta(
            hours=_number(variables, "CACHE_TTL_HOURS", CACHE_TTL_HOURS, lowest=0.0)
        ),
        sandbox_seed=int(_number(variables, "MQP_SANDBOX_SEED", SANDBOX_SEED, lowest=0.0)),
        pinned_now=pinned,
        base_urls={
            name: (variables.get(variable) or default).rstrip("/")
            for name, (variable, default) in BASE_URLS.items()
            if name != "yahoo" or _is_on(variables, "YAHOO_ENABLED")
        },
        api_keys=keys,
        rates={
            name: _number(variables, variable, 0.0, lowest=0.01)
            for name, variable in RATE_VARIABLES.items()
            if variables.get(variable)
        },
        patience_seconds=_number(variables, "SOURCE_PATIENCE_SECONDS", float("inf"), lowest=0.0),
        quota_root=_folder(variables.get("QUOTA_ROOT")),
        holdings=_holdings(variables.get("MQP_HOLDINGS"), home),
        alerting=_alerting(variables),
        keeps_metrics=_is_on(variables, "METRICS_ENABLED"),
        backup_root=_folder(variables.get("BACKUP_ROOT")),
        backups_kept=int(_number(variables, "BACKUPS_KEPT", BACKUPS_KEPT, lowest=1.0)),
    )


def _alerting(variables: Mapping[str, str]) -> Alerting:
    """Where alerts go. A bad URL is told when it is used: no night fails because of it."""

    def given(name: str) -> str:
        return (variables.get(name) or "").strip()

    return Alerting(
        webhook_url=given("ALERT_WEBHOOK_URL"),
        shape=given("ALERT_WEBHOOK_SHAPE"),
        secret=given("ALERT_WEBHOOK_SECRET"),
        heartbeat_url=given("HEARTBEAT_URL"),
        tells_clean=_is_on(variables, "ALERT_ON_CLEAN"),
    )


def env_file(home: Home) -> Path:
    """Where a home's variables stand, if it has any."""
    return home.root / ".env"


def env_file_variables(home: Home) -> dict[str, str]:
    """What `.env` sets; variables without a value are left out.

    Raises
    ------
    UsageError
        The file cannot be read, is a folder, or is no text.
    """
    path = env_file(home)
    if path.is_dir():  # as a container makes of a file that was not there when it was mounted
        raise UsageError(f"{path} is a folder: put a text file in its place, or remove it.")
    try:
        return {name: value for name, value in dotenv_values(path).items() if value}
    except OSError as err:
        raise UsageError(
            f"{path} cannot be read ({err.strerror}): correct its owner or rights."
        ) from None
    except UnicodeDecodeError:  # not chained: its text would show what stands in the file
        raise UsageError(f"{path} is not UTF-8 text: save it again as plain text.") from None


def configured_secrets(settings: Settings) -> tuple[str, ...]:
    """Values of the environment and `.env` that must stand in no file of ours: keys, webhooks."""
    variables = {**env_file_variables(settings.home), **os.environ}
    named = {
        value.strip() for name, value in variables.items() if value and name.endswith(SECRET_NAMES)
    }
    return tuple(sorted({*named, *settings.api_keys.values(), *settings.alerting.secrets}))


def _world(variables: Mapping[str, str], *, has_keys: bool) -> str:
    """Which world this run belongs to; two worlds never mix in one home."""
    sources = variables.get("MQP_SOURCES") or ("live" if has_keys else "sandbox")
    if sources not in ("live", "sandbox"):
        raise UsageError(f"MQP_SOURCES is '{sources}': set it to live or sandbox.")
    if sources == "sandbox":
        return f"sandbox:{int(_number(variables, 'MQP_SANDBOX_SEED', SANDBOX_SEED, lowest=0.0))}"
    replaced = [variables[name] for name, _ in BASE_URLS.values() if variables.get(name)]
    if not replaced:
        return "live"
    return f"custom:{variables.get('MQP_WORLD') or urlsplit(replaced[0]).hostname}"


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as err:
        raise UsageError(
            f"MQP_NOW is '{text}': write a moment such as 2017-07-01T01:00:00Z."
        ) from err
    if moment.tzinfo is None:
        raise UsageError(f"MQP_NOW is '{text}' without a time zone: add Z for UTC.")
    return moment.astimezone(UTC)


def _number(variables: Mapping[str, str], name: str, default: float, *, lowest: float) -> float:
    text = variables.get(name)
    if not text:
        return default
    try:
        value = float(text)
    except ValueError as err:
        raise UsageError(f"{name} is '{text}': write a number.") from err
    if value < lowest:
        raise UsageError(f"{name} is {text}: it must be at least {lowest:g}.")
    return value


def _folder(text: str | None) -> Path | None:
    return Path(text).expanduser() if text else None


def _is_on(variables: Mapping[str, str], name: str) -> bool:
    text = variables.get(name) or "0"
    if text not in ("0", "1"):
        raise UsageError(f"{name} is '{text}': set it to 1 or 0.")
    return text == "1"


def _existing(text: str | None, default: str) -> Path:
    path = Path(text).expanduser() if text else REPOSITORY / default
    if not path.is_file():
        raise UsageError(f"There is no file {path}: check its name.")
    return path


def _holdings(text: str | None, home: Home) -> Path | None:
    """The holdings file: the home's own need not exist, one that is named must when it is read."""
    if text:
        return Path(text).expanduser()
    usual = home.root / "config" / "holdings.csv"
    return usual if usual.exists() or usual.is_symlink() else None
