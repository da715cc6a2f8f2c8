import json
from datetime import timedelta
from pathlib import Path

import pytest

from ingestion.sandbox.rehearsals import REHEARSALS
from orchestration.errors import UsageError
from orchestration.night import NightOptions, NightRun
from orchestration.rehearsal import (
    as_rehearsed,
    marked_banner,
    marked_reasons,
    refuse_impossible_rehearsal,
)
from orchestration.resources import Settings, load_settings
from tests.conftest import NIGHT_CLOCK, mqp


def _settings(home: Path, **variables: str) -> Settings:
    return load_settings({"MQP_HOME": str(home), "MQP_NOW": NIGHT_CLOCK, **variables})


def _replayed(home: Path) -> Settings:
    url = "http://127.0.0.1:9/massive"
    return _settings(home, MQP_SOURCES="live", POLYGON_API_KEY="k1k2k3k4k5", POLYGON_BASE_URL=url)


def test_unknown_rehearsal_is_wrong_usage_and_names_all(tmp_path: Path) -> None:
    done = mqp(tmp_path, "nightly", "--rehearse", "earthquake", expect=2)
    assert done.stderr.startswith("mqp: There is no rehearsal 'earthquake': use one of 429-storm, ")
    assert all(name in done.stderr for name in REHEARSALS)
    assert not any(tmp_path.iterdir())


def test_list_explains_every_rehearsal(tmp_path: Path) -> None:
    shown = mqp(tmp_path, "nightly", "--rehearse", "list").stdout
    for name in REHEARSALS:
        assert f"\n{name}\n" in f"\n{shown}"
    assert shown.count("Expect: ") == len(REHEARSALS)


def test_list_is_there_for_machines(tmp_path: Path) -> None:
    rows = json.loads(mqp(tmp_path, "nightly", "--rehearse", "list", "--json").stdout)
    assert [row["name"] for row in rows] == list(REHEARSALS)
    assert all(row["description"] and row["expect"] for row in rows)


@pytest.mark.parametrize("option", [["--offline"], ["--as-of", "2024-06-27"]])
def test_rehearsal_without_requests_is_wrong_usage(tmp_path: Path, option: list[str]) -> None:
    done = mqp(tmp_path, "nightly", "--rehearse", "outage", *option, expect=2)
    assert f"{option[0]} sends no request" in done.stderr


def test_rehearsal_outside_the_sandbox_names_the_safe_command(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        refuse_impossible_rehearsal(_replayed(tmp_path), "outage")
    command = "MQP_HOME=~/mqp-rehearsal MQP_SOURCES=sandbox mqp nightly --rehearse outage"
    assert command in str(refused.value)
    assert "custom:127.0.0.1" in str(refused.value)


def test_run_refuses_a_rehearsal_outside_the_sandbox_too(tmp_path: Path) -> None:
    options = NightOptions(rehearse="outage")
    with pytest.raises(UsageError, match="rehearsed on simulated data only"):
        NightRun(settings=_replayed(tmp_path), options=options, run_id="r1")
    assert not any(tmp_path.iterdir())


def test_rehearsed_run_asks_again_and_does_not_wait_long(tmp_path: Path) -> None:
    settings = as_rehearsed(_settings(tmp_path, POLYGON_CALLS_PER_MINUTE="30"))
    sources = settings.source_settings()
    assert sources.cache_ttl == timedelta(0)
    assert sources.patience_seconds == 20.0
    assert (sources.rates["polygon"], sources.rates["cboe"]) == (30.0, 600.0)


def test_rehearsal_is_the_first_reason_of_a_night_that_is_not_clean() -> None:
    assert marked_reasons(("fred is late",), "outage") == (
        "REHEARSAL of outage: made on purpose, no real failure", "fred is late",
    )  # fmt: skip
    assert marked_reasons((), "outage") == ()
    assert marked_reasons(("fred is late",), "") == ("fred is late",)


def test_banner_names_the_rehearsal() -> None:
    assert marked_banner("SIMULATED DATA", "outage") == "SIMULATED DATA · REHEARSAL: outage"
    assert marked_banner(None, "") is None


def test_ordinary_run_is_as_patient_as_its_providers_deserve(tmp_path: Path) -> None:
    assert _settings(tmp_path).source_settings().patience_seconds == float("inf")
