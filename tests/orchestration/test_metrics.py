"""What a run was like in numbers."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ingestion.night import Fetch
from orchestration.expectations.outcome import CheckResult, GateOutcome
from orchestration.freshness import Freshness
from orchestration.gates import Gate
from orchestration.metrics import exposure, fetch_classes, keep_metrics, quality, staleness
from orchestration.resources import load_settings
from warehouse.connection import connect
from warehouse.home import Home

FRIDAY = date(2024, 6, 28)
FETCH = Fetch(
    provider="polygon",
    dataset="daily_bars",
    symbol="AAPL",
    window_start=None,
    window_end=None,
    outcome="ok",
    row_count=1,
    response_hash=None,
    duration_seconds=0.1,
    attempts=1,
    served_from="network",
    requested_at=datetime(2024, 6, 28, 22, 30, tzinfo=UTC),
    detail=None,
)
FRESH = Freshness("daily bars", "AAPL", "polygon", FRIDAY, FRIDAY, 0, True)


def test_fetches_are_counted_by_provider_and_class() -> None:
    fetches = [
        FETCH,
        replace(FETCH, symbol="KO"),
        replace(FETCH, outcome="transient"),
        replace(FETCH, provider="fred", outcome="quota"),
    ]
    assert fetch_classes(fetches) == {"fred": {"quota": 1}, "polygon": {"ok": 2, "transient": 1}}


def test_staleness_is_that_of_the_oldest_input_and_null_where_one_is_missing() -> None:
    inputs = [
        FRESH,
        replace(FRESH, symbol="KO", age_sessions=2),
        replace(FRESH, symbol="JPM", age_sessions=1),
        replace(FRESH, dataset="macro", provider="fred"),
        replace(FRESH, dataset="index closes", provider="-", age_sessions=None),
        replace(FRESH, dataset="index closes", provider="-", age_sessions=0),
    ]
    assert staleness(inputs) == {
        "polygon": {"daily bars": 2},
        "fred": {"macro": 0},
        "none": {"index closes": None},
    }


def gate(*outcomes: tuple[bool, str]) -> Gate:
    results = [
        cast(CheckResult, SimpleNamespace(success=success, severity=severity))
        for success, severity in outcomes
    ]
    return Gate(cast(GateOutcome, SimpleNamespace(results=results)), ())


def test_claims_of_both_gates_are_counted() -> None:
    gates = [gate((True, "block"), (False, "warn")), gate((True, "warn"), (False, "block"))]
    assert quality(gates) == {"passed": 2, "failed": 2, "blocking": 1}
    assert quality([]) == {"passed": 0, "failed": 0, "blocking": 0}


def test_exposure_is_that_of_the_published_book(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_folders()
    assert exposure(home) is None
    with connect(home.published) as published:
        published.execute("create schema analytics")
        published.execute(
            "create table analytics.risk_exposures as select * from (values "
            "('total', 0.42, 0.18), ('symbol', 0.1, 0.1)) as v (dimension, gross_exposure, "
            "net_exposure)"
        )
        published.execute(
            "create table analytics.portfolio_daily as select * from (values "
            "(date '2024-06-27', 0.5, 0.3, 0.2), (date '2024-06-28', 0.74, 0.135, 'nan'::double)) "
            "as v (session_date, scale, forecast_volatility_annual, realised_volatility_annual)"
        )
    assert exposure(home) == {
        "gross": 0.42,
        "net": 0.18,
        "scale": 0.74,
        "forecast_volatility_annual": 0.135,
        "realised_volatility_annual": None,
    }


def test_metrics_that_cannot_be_kept_fail_no_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Any:
        raise RuntimeError("no event log")

    run: Any = SimpleNamespace(settings=load_settings({"MQP_HOME": str(tmp_path)}))
    keep_metrics(run, broken)
    assert caplog.messages == ["The metrics of the run could not be kept."]
    assert not (tmp_path / "logs").exists()
