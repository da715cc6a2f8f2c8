"""A home whose ledger is gone does not begin a second one by itself."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from orchestration.errors import NightError
from orchestration.night import NightOptions, NightRun
from orchestration.resources import Settings, load_settings
from tests.warehouse.test_ledger import bars, put
from warehouse.connection import connect
from warehouse.landing_log import append_to_log
from warehouse.ledger import open_ledger

NOW = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
NIGHT = date(2024, 6, 28)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home in which rows have landed, and whose ledger was deleted."""
    settings = load_settings(
        {"MQP_HOME": str(tmp_path), "MQP_SOURCES": "sandbox", "MQP_NOW": NOW.isoformat()}
    )
    settings.home.make_folders()
    with connect(settings.home.ledger) as ledger:
        open_ledger(ledger, settings.world, now=NOW)
        put(ledger, NOW, polygon__daily_bars=bars([("KO", NIGHT, 1.0)], fetched_at=NOW))
        append_to_log(ledger, settings.home.raw_responses)
    settings.home.ledger.unlink()
    return settings


def test_night_without_its_ledger_is_refused(settings: Settings) -> None:
    with pytest.raises(NightError, match="run `mqp restore --from-responses` first"):
        NightRun(settings, NightOptions(), "run")
    assert not settings.home.ledger.exists()


def test_night_begins_a_new_ledger_once_the_log_is_moved_away(settings: Settings) -> None:
    log = settings.home.raw_responses / "landings.jsonl"
    log.rename(log.with_suffix(".kept"))
    with NightRun(settings, NightOptions(), "run").open_ledger() as ledger:
        assert ledger.execute("select count(*) from ops.landings").fetchone() == (0,)
