"""Disasters of what a person writes: refused in one sentence, before anything is touched."""

from functools import partial
from pathlib import Path

import orchestration.timetable
from tests.durability.scenes import Scene, disaster
from warehouse.home import Home

REPOSITORY = Path(__file__).resolve().parents[2]
WRONG_USAGE = 2


def refused(scene: Scene, says: str, *, command: str = "mqp nightly", **variables: object) -> None:
    """Nothing runs, and nothing has changed."""
    before = files(scene.home)
    scene.tells(command, says, code=WRONG_USAGE, **variables)
    assert files(scene.home) == before, "a refused command has changed the home"
    scene.same_night()


def files(home: Home) -> dict[str, tuple[int, int]]:
    """Size and time of every file."""
    return {
        str(path): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in home.root.rglob("*")
        if path.is_file()
    }


@disaster(".env is not text")
def env_is_no_text(scene: Scene) -> None:
    path = scene.home.root / ".env"
    path.write_bytes(b"FRED_API_KEY=\xff\xfe" + scene.chance.randbytes(40) + b"\xff\n")
    refused(scene, "save it again as plain text")
    path.unlink()


@disaster(".env is a folder")
def env_is_a_folder(scene: Scene) -> None:
    (scene.home.root / ".env").mkdir()
    refused(scene, "is a folder")


@disaster(".env was saved by a Windows editor")
def env_has_foreign_ends(scene: Scene) -> None:
    path = scene.home.root / ".env"
    path.write_bytes(b"\xef\xbb\xbfCACHE_TTL_HOURS=soon\r\nMETRICS_ENABLED=1\r\n")
    refused(scene, "CACHE_TTL_HOURS is 'soon': write a number")


@disaster("portfolio.yaml is not YAML")
def portfolio_is_no_yaml(scene: Scene) -> None:
    path = scene.home.root / "portfolio.yaml"
    lines = (REPOSITORY / "config" / "portfolio.yaml").read_text().splitlines()
    lines.insert(scene.chance.randrange(5, len(lines)), "}{: [")
    path.write_text("\n".join(lines))
    refused(scene, "is not valid YAML (line", MQP_PORTFOLIO=path)


@disaster("the universe is not YAML")
def universe_is_no_yaml(scene: Scene) -> None:
    path = scene.home.root / "wrong.yaml"
    path.write_text("name: small\nmembers: [AAPL, JPM\nbenchmark: SPY\n")
    refused(scene, "is not valid YAML (line", MQP_UNIVERSE=path)


@disaster("the universe has no member")
def universe_is_empty(scene: Scene) -> None:
    path = scene.home.root / "empty.yaml"
    path.write_text("name: small\nbenchmark: SPY\nmembers: []\n")
    refused(scene, "lists no members", MQP_UNIVERSE=path)


@disaster("the watchlist is empty")
def watchlist_is_empty(scene: Scene) -> None:
    path = scene.home.root / "my.yaml"
    path.write_text("")
    command = "mqp equities --watchlist my.yaml --style aggressive --mode event --cost-bps 10"
    refused(scene, "lists no members", command=command)


@disaster("schedule.yaml is not YAML")
def schedule_is_no_yaml(scene: Scene) -> None:
    path = scene.home.root / "schedule.yaml"
    path.write_text("mode: evening\nevening: {warm_up: 16:10\nmorning: 08:00\n")
    arrange = partial(use_schedule, path)
    refused(scene, "is not valid YAML (line", command="mqp ui", arrange=arrange)


def use_schedule(path: Path) -> None:
    """The file of the repository stays as it is."""
    orchestration.timetable.load_timetable.__defaults__ = (path,)


@disaster("a member that no provider knows")
def symbol_is_unknown(scene: Scene) -> None:
    path = scene.home.root / "typo.yaml"
    path.write_text("name: small\nbenchmark: SPY\nmembers: [AAPL, JPM, KO, AAPLL]\n")
    scene.tells("mqp nightly", "AAPLL", code=3, MQP_UNIVERSE=path)
    scene.nothing_lost()
    scene.mends("mqp nightly")
    scene.same_night()
