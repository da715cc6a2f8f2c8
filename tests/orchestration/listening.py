"""What a tree of processes listens to, from the kernel's own tables."""

from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

PROC = Path("/proc")
LISTENING = "0A"


def processes_below(root: int) -> set[int]:
    """A process and everything that it has started, and so on."""
    parents: dict[int, int] = {}
    for folder in PROC.glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int(
                (folder / "stat").read_text().rpartition(")")[2].split()[1]
            )
    found, grown = {root}, True
    while grown:
        below = {child for child, parent in parents.items() if parent in found}
        grown = not below <= found
        found |= below
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be noticed does not."""
    try:
        return _stat(PROC / str(pid))[0] != "Z"
    except OSError:
        return False


def listening(pids: set[int]) -> set[tuple[IPv4Address | IPv6Address, int]]:
    """Every TCP address and port to which one of some processes listens."""
    sockets = {inode for pid in pids for inode in _sockets(pid)}
    found = set()
    for table in ("tcp", "tcp6"):
        for line in (PROC / "net" / table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTENING and fields[9] in sockets:
                address, port = fields[1].split(":")
                found.add((_address(address), int(port, 16)))
    return found


def _stat(folder: Path) -> list[str]:
    """State, parent and so on: what follows the name, which may hold anything."""
    return (folder / "stat").read_text().rpartition(")")[2].split()


def _sockets(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):
        for file in (PROC / f"{pid}/fd").iterdir():
            with suppress(OSError):
                target = str(file.readlink())
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found


def _address(text: str) -> IPv4Address | IPv6Address:
    """The kernel writes an address in words of four bytes, each the other way round."""
    raw = bytes.fromhex(text)
    return ip_address(b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4)))
