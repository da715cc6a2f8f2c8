"""What the first night of a new user leaves behind."""

import json
from datetime import date
from typing import Any

from tests.conftest import NIGHT_CLOCK, NightHome, mqp
from tests.imports import heavy_imports
from tests.quick_command import quick_mqp
from warehouse.connection import connect

NIGHT = date(2024, 6, 28)


def rows(night: NightHome, query: str) -> list[tuple[Any, ...]]:
    with connect(night.published, read_only=True) as connection:
        return connection.execute(query).fetchall()


def test_night_prints_what_a_person_needs(sandbox_night: NightHome) -> None:
    for words in ("2024-06-28", "CLEAN", "SIMULATED DATA", "Signals", "Weights", "latest.html"):
        assert words in sandbox_night.output, words


def test_night_is_recorded_clean(sandbox_night: NightHome) -> None:
    assert rows(sandbox_night, "select night, attempt, status, reasons from ops.nights") == [
        (NIGHT, 1, "CLEAN", "[]")
    ]


def test_published_file_has_every_promised_table(sandbox_night: NightHome) -> None:
    promised = {
        *("marts.dim_instruments", "marts.fct_prices", "marts.fct_sentiment", "marts.fct_spreads"),
        *("marts.fct_term_structure", "marts.fct_equity_features", "marts.fct_signals"),
        "marts.fct_intraday_signals",
        *("analytics.backtest_positions", "analytics.backtest_daily", "analytics.backtest_trades"),
        *("analytics.backtest_metrics", "analytics.target_weights", "analytics.portfolio_daily"),
        *("analytics.orders", "analytics.decisions", "quality.validation_results"),
        *("analytics.record_daily", "analytics.record_metrics", "ops.landings", "ops.landed_rows"),
        *("quality.quarantine", "ops.nights", "ops.fetches"),
    }
    found = rows(
        sandbox_night, "select schema_name || '.' || table_name from duckdb_tables() order by 1"
    )
    assert promised <= {row[0] for row in found}


def test_published_file_has_no_views(sandbox_night: NightHome) -> None:
    assert rows(sandbox_night, "select view_name from duckdb_views() where not internal") == []


def test_no_decision_reads_the_future(sandbox_night: NightHome) -> None:
    for table in ("fct_prices", "fct_sentiment", "fct_spreads", "fct_term_structure"):
        late = rows(
            sandbox_night,
            f"select count(*) from marts.{table}, ops.build_context where available_at > as_of_at",
        )
        assert late == [(0,)], table


def test_every_result_says_that_it_is_simulated(sandbox_night: NightHome) -> None:
    html = (sandbox_night.home / "reports" / "latest.html").read_text()
    assert "SIMULATED DATA" in html
    assert "http://" not in html.replace("http://www.w3.org/2000/svg", "")
    status = json.loads((sandbox_night.home / "reports" / "run_status.json").read_text())
    assert (status["status"], status["world"]) == ("CLEAN", "sandbox:7")


def test_decisions_of_the_night_are_in_the_record(sandbox_night: NightHome) -> None:
    decided = rows(
        sandbox_night,
        "select count(*) from analytics.decisions as d full join analytics.target_weights as w "
        "using (strategy, symbol) where w.session_date = '2024-06-28' "
        "and (d.night is distinct from w.session_date or d.final_weight <> w.final_weight)",
    )
    assert decided == [(0,)]


def test_published_file_says_what_landed(sandbox_night: NightHome) -> None:
    landed = dict(rows(sandbox_night, "select table_name, row_count from ops.landed_rows"))
    held = rows(sandbox_night, "select * from ops.ledger_tables where row_count > 0")
    assert landed == dict(held)  # one landing: all that is there
    size = (sandbox_night.home / "warehouse" / "ledger.duckdb").stat().st_size
    assert 0 < rows(sandbox_night, "select max(ledger_bytes) from ops.nights")[0][0] <= size


def test_query_reads_the_published_file_and_cannot_write(sandbox_night: NightHome) -> None:
    done = mqp(
        sandbox_night.home, "sql", "--json", "select count(*) as n from marts.dim_instruments"
    )
    assert json.loads(done.stdout) == [{"n": 27}]
    refused = mqp(sandbox_night.home, "sql", "drop table marts.fct_signals", expect=2)
    assert "read-only" in refused.stderr


def test_health_of_a_published_home_is_good(sandbox_night: NightHome) -> None:
    """Nothing keeps its schedule and nobody has saved it: the rest is in order."""
    done = mqp(sandbox_night.home, "health", "--json")
    found = json.loads(done.stdout)
    warned = {(row["component"], row["check"]) for row in found if row["state"] != "ok"}
    assert warned == {("schedule", "daemon"), ("backups", "age")}
    strategies = {"equities", "credit", "volatility", "intraday"}
    assert strategies < {row["component"] for row in found}


def test_health_imports_nothing_heavy_and_takes_no_three_seconds(sandbox_night: NightHome) -> None:
    heavy = ("pandas", "numpy", "pyarrow", "dagster", "dbt", "great_expectations", "requests")
    environment = {"MQP_HOME": str(sandbox_night.home), "MQP_NOW": NIGHT_CLOCK, "PATH": ""}
    found, seconds = heavy_imports(["health"], heavy, environment)
    assert found == []
    assert seconds < 3


def test_other_world_is_refused_in_one_sentence(sandbox_night: NightHome) -> None:
    done = quick_mqp(sandbox_night.home, "nightly", expect=1, MQP_SANDBOX_SEED="8")
    last = done.stderr.strip().splitlines()[-1]
    assert "'sandbox:7'" in last
    assert "'sandbox:8'" in last


def test_clock_in_the_past_leaves_the_later_night(sandbox_night: NightHome) -> None:
    clock = "2024-06-27T22:30:00Z"
    done = quick_mqp(sandbox_night.home, "nightly", expect=1, MQP_NOW=clock)
    assert "already published" in done.stderr
    assert rows(sandbox_night, "select night from ops.build_context") == [(NIGHT,)]
