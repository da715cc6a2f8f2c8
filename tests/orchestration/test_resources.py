import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.settings import KEY_VARIABLES
from orchestration.commands.nightly import scratch_variables
from orchestration.errors import UsageError
from orchestration.resources import (
    REPOSITORY,
    SECRET_NAMES,
    Settings,
    load_settings,
    utc_now,
)

FRED_KEY = "a" * 32


def settings(tmp_path: Path, **variables: str) -> Settings:
    return load_settings({"MQP_HOME": str(tmp_path), **variables})


def test_no_keys_means_the_sandbox(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert (found.world, found.banner) == ("sandbox:7", "SIMULATED DATA")


def test_a_bar_key_means_live(tmp_path: Path) -> None:
    found = settings(tmp_path, POLYGON_API_KEY="K1")
    assert (found.world, found.banner) == ("live", None)


def test_sandbox_can_be_asked_for_although_keys_are_set(tmp_path: Path) -> None:
    found = settings(tmp_path, POLYGON_API_KEY="K1", MQP_SOURCES="sandbox", MQP_SANDBOX_SEED="3")
    assert found.world == "sandbox:3"


def test_replaced_base_url_is_a_world_named_by_its_host(tmp_path: Path) -> None:
    found = settings(
        tmp_path, POLYGON_API_KEY="K1", POLYGON_BASE_URL="http://127.0.0.1:8123/massive/"
    )
    assert (found.world, found.banner) == ("custom:127.0.0.1", "REPLAYED DATA")
    assert found.base_urls["polygon"] == "http://127.0.0.1:8123/massive"


def test_replaced_base_url_may_carry_a_name(tmp_path: Path) -> None:
    found = settings(
        tmp_path, POLYGON_API_KEY="K1", CBOE_BASE_URL="http://localhost:1", MQP_WORLD="replay"
    )
    assert found.world == "custom:replay"


def test_live_without_a_source_of_bars_says_what_to_set(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="POLYGON_API_KEY or FMP_API_KEY"):
        settings(tmp_path, FRED_API_KEY=FRED_KEY)


def test_pinned_clock_is_refused_with_live_data(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="MQP_NOW"):
        settings(tmp_path, POLYGON_API_KEY="K1", MQP_NOW="2017-07-01T01:00:00Z")


def test_pinned_clock_tells_the_time(tmp_path: Path) -> None:
    found = settings(tmp_path, MQP_NOW="2017-06-30T21:00:00-04:00")
    assert utc_now(found) == datetime(2017, 7, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("MQP_NOW", "yesterday", "write a moment such as"),
        ("MQP_NOW", "2017-07-01T01:00:00", "without a time zone"),
        ("MQP_SOURCES", "real", "live or sandbox"),
        ("CACHE_TTL_HOURS", "a day", "write a number"),
        ("CACHE_TTL_HOURS", "-1", "at least 0"),
        ("YAHOO_ENABLED", "yes", "set it to 1 or 0"),
        ("MQP_UNIVERSE", "/no/such/file.yaml", "There is no file"),
    ],
)
def test_variable_that_cannot_be_meant_is_refused(
    tmp_path: Path, name: str, value: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        settings(tmp_path, **{name: value})


def test_yahoo_is_off_until_it_is_switched_on(tmp_path: Path) -> None:
    urls = {"polygon": "http://127.0.0.1:1", "yahoo": "http://127.0.0.1:2"}
    off, on = settings(tmp_path), settings(tmp_path, YAHOO_ENABLED="1")

    assert "yahoo" not in off.base_urls
    assert on.base_urls["yahoo"] == "https://query1.finance.yahoo.com"
    assert [set(found.with_sandbox(urls, {}).base_urls) for found in (off, on)] == [
        {"polygon"}, {"polygon", "yahoo"},
    ]  # fmt: skip


def test_yahoo_alone_is_no_source_of_bars(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="source of daily bars"):
        settings(tmp_path, YAHOO_ENABLED="1", MQP_SOURCES="live")


def test_dry_run_counts_its_calls_in_the_real_home(tmp_path: Path) -> None:
    real = settings(tmp_path / "home", POLYGON_API_KEY="K1")
    variables = scratch_variables(real, tmp_path / "scratch")
    scratch = load_settings({**variables, "POLYGON_API_KEY": "K1"}).source_settings()
    assert scratch.cache_root == tmp_path / "scratch" / "data" / "cache"
    assert scratch.quota_root == tmp_path / "home" / "data" / "cache"


def test_dry_run_starts_from_what_the_real_home_holds(tmp_path: Path) -> None:
    file = tmp_path / "home" / "config" / "holdings.csv"
    assert settings(tmp_path / "home").holdings is None
    file.parent.mkdir(parents=True)
    file.write_text("")
    variables = scratch_variables(settings(tmp_path / "home"), tmp_path / "scratch")
    assert load_settings(variables).holdings == file


def test_dry_run_tells_nobody(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "ALERT_WEBHOOK_URL=https://a.example/x\nHEARTBEAT_URL=https://a.example/y\n"
    )
    real = settings(tmp_path)
    assert real.alerting.webhook_url == "https://a.example/x"
    (tmp_path / "scratch").mkdir()
    (tmp_path / "scratch" / ".env").write_text((tmp_path / ".env").read_text())
    scratch = load_settings(scratch_variables(real, tmp_path / "scratch"))
    assert (scratch.alerting.webhook_url, scratch.alerting.heartbeat_url) == ("", "")


def test_key_never_shows_in_the_repr(tmp_path: Path) -> None:
    found = settings(tmp_path, POLYGON_API_KEY="verysecretkey")
    assert "verysecretkey" not in repr(found) + repr(found.source_settings())


def test_dotenv_of_the_home_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("POLYGON_API_KEY=from_file\nFMP_API_KEY=file_only\n")
    found = settings(tmp_path, POLYGON_API_KEY="from_environment")
    assert found.api_keys == {"polygon": "from_environment", "fmp": "file_only"}


def test_dotenv_that_is_no_text_is_one_sentence_without_its_content(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes("FMP_API_KEY=k\n".encode("utf-16"))
    with pytest.raises(UsageError, match="is not UTF-8 text: save it again as plain text") as told:
        settings(tmp_path)
    assert told.value.__suppress_context__


def test_dotenv_that_is_a_folder_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(UsageError, match=r"\.env is a folder: put a text file in its place"):
        settings(tmp_path)


def test_dotenv_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / ".env").symlink_to("/proc/self/mem")  # its first page cannot be read
    with pytest.raises(UsageError, match=r"cannot be read .*: correct its owner or rights"):
        settings(tmp_path)


VARIABLE = re.compile(r"[A-Z]+(_[A-Z]+)+")


def test_example_file_names_every_variable_that_is_read() -> None:
    """Every text in capitals in the module that reads them, ends of names of secrets aside."""
    code = ast.walk(ast.parse((REPOSITORY / "orchestration" / "resources.py").read_text()))
    texts = {str(node.value) for node in code if isinstance(node, ast.Constant)}
    read = {text for text in texts if VARIABLE.fullmatch(text)} - set(SECRET_NAMES)
    example = (REPOSITORY / ".env.example").read_text()
    named = {line.lstrip("# ").split("=")[0] for line in example.splitlines() if "=" in line}
    assert read | set(KEY_VARIABLES.values()) == named


def test_variable_is_read_nowhere_else() -> None:
    """By its name, from the environment; `MQP_HOME` and the like are set elsewhere."""
    reading = re.compile(r"getenv\(|environ\.(get|pop)\(|environ\[[^]]+\](?! *= )")
    allowed = {("orchestration/commands/nightly.py", 'os.environ.pop("CACHE_ROOT", None)')}
    found = {
        (path.relative_to(REPOSITORY).as_posix(), line.strip())
        for folder in ("orchestration", "ingestion", "warehouse", "analytics", "reports")
        for path in (REPOSITORY / folder).rglob("*.py")
        for line in path.read_text().splitlines()
        if reading.search(line)
    }
    assert found == allowed
