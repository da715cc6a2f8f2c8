"""Ages of keys by fingerprint, `mqp keys`, and an `.env` that others can open."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.errors import UsageError
from orchestration.key_hygiene import KeyState, exposure_of, key_states, look_after_keys
from orchestration.key_record import read_key_record, record_review, remember_keys, stand_in
from orchestration.resources import load_settings
from tests.traces import traces_in, traces_of
from warehouse.home import Home

BEGUN = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
KEYS = {
    "polygon": "aB3_dE6fGh9Jk2LmN5pQr8StU1vWx4Yz",
    "finnhub": "c8k2m4n6p8q0r2s4t6u8",
    "fmp": "Zx9Cv8Bn7Mm6Ll5Kk4Jj3Hh2Gg1Ff0Dd",
    "fred": "0123456789abcdef0123456789abcdef",
}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def state_of(home: Home, provider: str, *, days: int, key: str | None = None) -> KeyState:
    """A provider's key as many days after the first night."""
    now = BEGUN + timedelta(days=days)
    keys = {**KEYS, provider: key or KEYS[provider]}
    return next(
        each
        for each in key_states(keys, read_key_record(home), now=now)
        if each.provider == provider
    )


@pytest.mark.parametrize(
    ("provider", "last_day"), [("finnhub", 89), ("fmp", 89), ("fred", 364), ("polygon", 30)]
)
def test_key_is_due_after_its_span_and_not_a_day_before(
    home: Home, provider: str, last_day: int
) -> None:
    remember_keys(home, KEYS, now=BEGUN)
    before, after = (state_of(home, provider, days=day) for day in (last_day, last_day + 1))
    assert (before.is_overdue, after.is_overdue) == (False, True)
    assert after.age_days == last_day + 1
    assert "is in use since 2026-03-02" in after.sentence


def test_replaced_key_begins_a_new_age_and_the_old_one_keeps_its_own(home: Home) -> None:
    remember_keys(home, KEYS, now=BEGUN)
    fresh = "Qq1Ww2Ee3Rr4Tt5Yy6Uu7Ii8Oo9Pp0Aa"
    assert state_of(home, "fmp", days=80, key=fresh).first_seen is None
    new = remember_keys(home, {**KEYS, "fmp": fresh}, now=BEGUN + timedelta(days=80))
    assert new == ("fmp",)
    assert state_of(home, "fmp", days=100, key=fresh).due == date(2026, 8, 19)
    assert state_of(home, "fmp", days=100).due == date(2026, 5, 31)


def test_second_night_with_the_same_keys_writes_nothing(home: Home) -> None:
    remember_keys(home, KEYS, now=BEGUN)
    before = (home.data / "keys.jsonl").read_bytes()
    assert remember_keys(home, KEYS, now=BEGUN + timedelta(days=1)) == ()
    assert (home.data / "keys.jsonl").read_bytes() == before


def test_review_of_the_usage_counts_from_its_own_day(home: Home) -> None:
    remember_keys(home, KEYS, now=BEGUN)
    record_review(home, "polygon", now=BEGUN + timedelta(days=40))
    reviewed = state_of(home, "polygon", days=70)
    assert (reviewed.is_overdue, reviewed.due) == (False, date(2026, 5, 12))
    assert "`mqp keys reviewed polygon`" in state_of(home, "polygon", days=71).sentence


def test_same_key_has_another_fingerprint_in_another_home(tmp_path: Path) -> None:
    first, second = Home(tmp_path / "a"), Home(tmp_path / "b")
    for home in (first, second):
        remember_keys(home, KEYS, now=BEGUN)
    prints = [{s.fingerprint for s in read_key_record(home).sightings} for home in (first, second)]
    assert not prints[0] & prints[1]
    assert {len(text) for text in prints[0]} == {8}  # 32 bits: no key can be told from them


def test_record_and_output_show_no_key(home: Home) -> None:
    remember_keys(home, KEYS, now=BEGUN)
    assert traces_of(home.root, KEYS) == []
    states = key_states(KEYS, read_key_record(home), now=BEGUN)
    assert traces_in(repr(states) + "".join(state.sentence for state in states), KEYS) == []


def test_damaged_lines_do_not_count_and_the_others_do(home: Home) -> None:
    remember_keys(home, KEYS, now=BEGUN)
    path = home.data / "keys.jsonl"
    whole = path.read_text()
    spoilt = whole.splitlines()[0].replace('"salt": "', '"salt": "zz')
    path.write_text(f'{whole}{{"seen": 5}}\nnull\n{spoilt}\n{{"seen": {{"prov')
    record = read_key_record(home)
    assert (record.unreadable, len(record.sightings)) == (4, 4)
    remember_keys(home, {"fred": KEYS["fred"][::-1]}, now=BEGUN)  # on a line of its own
    assert len(read_key_record(home).sightings) == 5


@pytest.mark.parametrize(
    "text", ["your_key_here", "<key>", "${FMP_API_KEY}", "changeme", "xxxxxxxxxxxxxxxxxxxx", "demo",
             "MY_API_KEY", "insert-your-fred-key", "..."],
)  # fmt: skip
def test_placeholder_is_said_to_be_one_and_gets_no_fingerprint(home: Home, text: str) -> None:
    assert stand_in(text) == "is a placeholder, not a key"
    assert remember_keys(home, {"fmp": text}, now=BEGUN) == ()


@pytest.mark.parametrize("text", ["c8k2m4n6p8q0r2s", "c8k2m4n6 p8q0r2s4t6u8", "ключключключключ"])
def test_text_that_no_provider_would_issue_is_doubted(text: str) -> None:
    assert stand_in(text) == "does not look like a key"


@pytest.mark.parametrize("provider", sorted(KEYS))
def test_real_key_is_taken_for_one(provider: str) -> None:
    assert stand_in(KEYS[provider]) is None


@pytest.mark.parametrize(("mode", "is_exposed"), [(0o600, False), (0o640, True), (0o604, True)])
def test_file_that_others_can_open_is_named_with_the_cure(
    tmp_path: Path, mode: int, is_exposed: bool
) -> None:
    path = tmp_path / "my home" / ".env"
    path.parent.mkdir()
    path.touch()
    path.chmod(mode)
    said = exposure_of(path)
    assert (said is not None) == is_exposed
    assert said is None or f"run `chmod 600 '{path}'`" in said


def test_night_notes_its_keys_and_warns_of_an_open_file_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / ".env").write_text(f"FRED_API_KEY={KEYS['fred']}\nPOLYGON_API_KEY=your-key\n")
    (tmp_path / ".env").chmod(0o644)
    settings = load_settings({"MQP_HOME": str(tmp_path)})
    look_after_keys(settings, now=BEGUN)
    path = tmp_path / ".env"
    cure = f"can be opened by others than its owner: run `chmod 600 {path}`."
    warned = [one.getMessage() for one in caplog.records if one.levelname == "WARNING"]
    assert warned == [f"{path} {cure}"]
    assert [each.provider for each in read_key_record(settings.home).sightings] == ["fred"]


def test_night_on_the_simulated_market_records_no_key(tmp_path: Path) -> None:
    settings = load_settings(
        {"MQP_HOME": str(tmp_path), "MQP_SOURCES": "sandbox", "FRED_API_KEY": KEYS["fred"]}
    )
    look_after_keys(settings, now=BEGUN)
    assert list(tmp_path.iterdir()) == []


def keys_command(home: Home, *arguments: str) -> Result:
    environment = {"MQP_HOME": str(home.root), "MQP_SOURCES": "sandbox",
                   "MQP_NOW": (BEGUN + timedelta(days=95)).isoformat(),
                   **{f"{name.upper()}_API_KEY": key for name, key in KEYS.items()}}  # fmt: skip
    return CliRunner().invoke(app, ["keys", *arguments], env=environment)


def test_list_shows_dates_and_no_key(home: Home) -> None:
    remember_keys(home, KEYS, now=BEGUN)
    shown = keys_command(home).stdout
    assert "finnhub   2026-03-02    95    2026-05-31" in shown
    told = {row["provider"]: row for row in json.loads(keys_command(home, "--json").stdout)}
    assert (told["fmp"]["age_days"], told["fmp"]["is_overdue"]) == (95, True)
    assert (told["fred"]["due"], told["fred"]["is_overdue"]) == ("2027-03-02", False)
    assert traces_in(shown + json.dumps(told), KEYS) == []


def test_review_by_the_command_is_kept(home: Home) -> None:
    assert "again in 31 days" in keys_command(home, "reviewed", "polygon").stdout
    assert read_key_record(home).last_review("polygon") == BEGUN + timedelta(days=95)


def test_review_of_a_provider_without_one_is_refused(home: Home) -> None:
    refused = keys_command(home, "reviewed", "fred").exception
    assert isinstance(refused, UsageError)
    assert str(refused) == "'fred' has no usage to review: name polygon."
