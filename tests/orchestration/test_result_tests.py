"""dbt's tests of what Python computed: when they run, and what each of them refuses.

| table          | what it holds                                                              |
|----------------|----------------------------------------------------------------------------|
| target_weights | SPY in two sleeves, 0.5 and -0.1, of which the gross limit takes half each |
| backtests      | gross 0.01 = net 0.007 + cost 0.003                                        |
| sleeve_weights | three quarters and a quarter, beside halves                                |
| risk_exposures | one position of 0.2, whichever way it is split                             |
| orders         | 300 of 1,000 dollars: from 0.4 of the account to 0.7                       |
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from orchestration.expectations.outcome import CheckResult, GateOutcome
from tests.proof.host import call_in_fork
from warehouse.connection import connect
from warehouse.home import Home

LIMITS = ("symbol", "liquidity", "sector", "stress", "gross", "net", "turnover")
BITES = ", ".join(
    f"{'-desired_weight / 2' if name == 'gross' else 0.0} as {name}_bite" for name in LIMITS
)
RETURNS = (
    "date '2024-06-28' as session_date, "
    "0.01::double as gross_return, 0.007::double as net_return, 0.003::double as cost_return"
)
RISK = ("long_weight", "gross_exposure", "net_exposure", "beta_spy", "es_95_contribution")
UNUSED = (
    "0.0 as short_weight, 0.0 as stale_exposure, null::double as volatility_contribution_annual"
)
TABLES = {
    "target_weights": f"select date '2024-06-28' as session_date, strategy, 'SPY' as symbol, "
    f"desired_weight, {BITES}, desired_weight / 2 as final_weight from "
    "(values ('credit', 0.5::double), ('equities', -0.1)) as t(strategy, desired_weight)",
    "backtest_daily": f"select 'credit' as strategy, 'zscore' as variant, {RETURNS}",
    "portfolio_daily": f"select {RETURNS}",
    "sleeve_weights": "select date '2024-06-28' as session_date, 'fixed' as method, "
    "unnest([0.75::double, 0.25]) as weight, 0.5::double as equal_weight",
    "risk_exposures": "select unnest(['symbol', 'sector', 'strategy', 'total']) as dimension, "
    f"'one' as name, {', '.join(f'0.2::double as {name}' for name in RISK)}, {UNUSED}",
    "holdings": "select unnest(['SPY', 'CASH']) as symbol, "
    "unnest([400.0::double, 600.0]) as value_usd",
    "orders": "select 'SPY' as symbol, 'buy' as side, 300.0::double as notional_usd, "
    "0.4::double as current_weight, 0.7::double as planned_weight",
}  # fmt: skip
HARMS = {
    "a bite is two trillionths too small": (
        "update analytics.target_weights set gross_bite = gross_bite + 2e-12 "
        "where strategy = 'credit'",
        {"assert_target_weights_add_up": 2},
    ),
    "a bite is missing": (
        "update analytics.target_weights set net_bite = null where strategy = 'credit'",
        {"assert_target_weights_add_up": 2},
    ),
    "two errors of one symbol cancel out": (
        "update analytics.target_weights set final_weight = final_weight "
        "+ case strategy when 'credit' then 0.01 else -0.01 end",
        {"assert_target_weights_add_up": 2},
    ),
    "a cost is not in the gross return": (
        "update analytics.backtest_daily set cost_return = 0.004",
        {"assert_portfolio_return_identity": 1},
    ),
    "a portfolio return is not a number": (
        "update analytics.portfolio_daily set net_return = 'nan'::double",
        {"assert_portfolio_return_identity": 1},
    ),
    "the sleeves get less than everything": (
        "update analytics.sleeve_weights set weight = 0.74 where weight = 0.75",
        {"assert_sleeve_weights_sum_to_one": 1},
    ),
    "the equal weights are not of these sleeves": (
        "update analytics.sleeve_weights set equal_weight = 1.0 / 3",
        {"assert_sleeve_weights_sum_to_one": 1},
    ),
    "a sector forgets a position": (
        "delete from analytics.risk_exposures where dimension = 'sector'",
        {"assert_risk_exposures_sum_to_total": 5},
    ),
    "only the whole knows its volatility": (
        "update analytics.risk_exposures set volatility_contribution_annual = 0.1 "
        "where dimension = 'total'",
        {"assert_risk_exposures_sum_to_total": 3},
    ),
    "an order leads elsewhere": (
        "update analytics.orders set side = 'sell'",
        {"assert_orders_lead_to_planned_weights": 1},
    ),
    "a table is not there": (
        "drop table analytics.orders",
        {"assert_orders_lead_to_planned_weights": 1},
    ),
}  # fmt: skip

Judged = Mapping[str, tuple[CheckResult, ...]]


def judge_harmed(root: Path) -> dict[str, tuple[CheckResult, ...]]:
    """What the tests say of the good tables and of each harm to them; for a forked process."""
    from orchestration.result_tests import judge_results

    home, judged = Home(root), {}
    for name, harm in {
        "none": "select 1",
        **{name: harm for name, (harm, _) in HARMS.items()},
    }.items():
        with connect(home.build) as build:
            build.execute("create schema if not exists analytics")
            for table, query in TABLES.items():
                build.execute(f"create or replace table analytics.{table} as {query}")
            build.execute(harm)
        judged[name] = judge_results(home)
    return judged


@pytest.fixture(scope="module")
def judged(project_memory: Path, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """Every case, judged by one process that reads the project from its memory."""
    home = Home(tmp_path_factory.mktemp("results"))
    home.make_folders()
    home.build.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(project_memory, home.dbt_target, dirs_exist_ok=True)
    with connect(home.ledger):  # dbt attaches it
        pass
    found: Judged = call_in_fork(judge_harmed, home.root)
    return found


def test_good_results_pass_every_test_that_there_is(judged: Judged, project_memory: Path) -> None:
    from orchestration.result_tests import result_tests

    written = result_tests(project_memory / "manifest.json")
    assert [result.expectation for result in judged["none"]] == list(written)
    assert {result.expectation: result.table_name for result in judged["none"]} == written
    assert all(result.success and result.detail is None for result in judged["none"])
    assert [result.checked_count for result in judged["none"]] == [1, 1, 4, 2, 2]


@pytest.mark.parametrize("harm", HARMS)
def test_harmed_result_fails_its_own_test_only(judged: Judged, harm: str) -> None:
    failed = {row.expectation: row.unexpected_count for row in judged[harm] if not row.success}
    assert failed == HARMS[harm][1]
    assert {row.severity for row in judged[harm]} == {"block"}


def test_failure_names_its_rows(judged: Judged) -> None:
    [failed] = [row for row in judged["an order leads elsewhere"] if not row.success]
    assert failed.detail is not None
    assert failed.detail.startswith("1 row: symbol SPY, planned_weight 0.7, reached_weight 0.1")
    [failed] = [row for row in judged["a table is not there"] if not row.success]
    assert "orders does not exist" in str(failed.detail)


def test_failed_test_blocks_a_gate_that_found_nothing_itself(judged: Judged) -> None:
    gate = GateOutcome(gate=2, results=(), quarantine=(), blocked=False)
    assert not gate.with_results(judged["none"]).blocked
    joined = gate.with_results(judged["a bite is missing"])
    assert joined.blocked
    assert [row.expectation for row in joined.failures] == ["assert_target_weights_add_up"]


def test_tests_of_results_are_those_of_their_folder_and_read_results_only(
    project_memory: Path,
) -> None:
    manifest = json.loads((project_memory / "manifest.json").read_text())
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    tagged = {node["name"] for node in tests if "results" in node["tags"]}
    folder = {path.stem for path in Path("dbt_project/tests/results").glob("*.sql")}
    reads = {node["name"] for node in tests if _sources(node) & _results(manifest)}
    assert tagged == folder == reads


def _sources(node: Mapping[str, Mapping[str, list[str]]]) -> set[str]:
    return {name for name in node["depends_on"]["nodes"] if name.startswith("source.")}


def _results(manifest: Mapping[str, Mapping[str, Mapping[str, str]]]) -> set[str]:
    sources = manifest["sources"].items()
    return {name for name, source in sources if source["schema"] == "analytics"}


def checks_of_the_graph(root: Path) -> tuple[set[str], set[str]]:
    """Names of the checks that dbt's own build answers, and of those that gate 2 answers."""
    import os

    os.environ["MQP_HOME"] = str(root)
    from orchestration.assets.checks import gate_2_checks
    from orchestration.assets.dbt import warehouse_models
    from orchestration.definitions import defs

    defs.resolve_job_def("nightly")  # the whole graph, with every key of it
    return (
        {key.name for key in warehouse_models.check_keys},
        {f"{'.'.join(key.asset_key.path)} {key.name}" for key in gate_2_checks.check_keys},
    )


def test_results_are_tested_by_gate_2_and_not_by_the_build(
    project_memory: Path, tmp_path: Path
) -> None:
    home = Home(tmp_path)
    shutil.copytree(project_memory, home.dbt_target)
    built, gated = call_in_fork(checks_of_the_graph, home.root)
    assert "assert_events_alternate" in built
    assert "analytics.target_weights assert_target_weights_add_up" in gated
    assert not built & {path.stem for path in Path("dbt_project/tests/results").glob("*.sql")}
