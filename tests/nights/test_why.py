"""`mqp why` on a real night: its numbers come out again and its leaves open."""

import gzip
import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestration.explaining import explanation, model_files
from orchestration.resources import REPOSITORY, Settings, load_settings
from tests.conftest import NIGHT_CLOCK, NightHome, mqp
from tests.imports import heavy_imports
from warehouse.connection import connect
from warehouse.why.explain import Explanation
from warehouse.why.makers import PYTHON_TABLES
from warehouse.why.node import Node

NIGHT = "2024-06-28"
UNUSUAL_DECISIONS = {
    "frozen": "is_stale_input",
    "cut by a limit": "turnover_bite <> 0 or symbol_bite <> 0",
    "not tradable": "override_reason like 'not_tradable%'",
    "too young": "override_reason like 'short_history%' and sleeve_target_weight <> 0",
    "flat book": "override_reason like 'warming_up%' and sleeve_target_weight <> 0",
    "other variant since": "signal_reason = 'variant_switched'",
    "stopped out": "signal_reason = 'stop'",
    "short": "final_weight < 0",
    "scale not cut": "override_reason is null and final_weight <> 0",
}
NODE_KEYS = {
    "what", "value", "unit", "says", "relation", "made_by", "available_at", "equation", "is_term",
    "recomputed", "adds_up", "response", "children",
}  # fmt: skip


def settings_of(night: NightHome) -> Settings:
    return load_settings(
        {"MQP_HOME": str(night.home), "MQP_SOURCES": "sandbox", "MQP_NOW": NIGHT_CLOCK}
    )


def rows(night: NightHome, query: str) -> list[tuple[Any, ...]]:
    with connect(night.published, read_only=True) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def explained(sandbox_night: NightHome) -> list[Explanation]:
    """Every symbol and topic of the published night, and three decisions of every unusual kind."""
    settings = settings_of(sandbox_night)
    subjects = rows(
        sandbox_night,
        f"select distinct symbol from analytics.target_weights where session_date = '{NIGHT}'",
    )
    topics = [("portfolio",), ("equities",), ("credit",), ("volatility",)]
    found = [explanation(settings, subject, None) for (subject,) in [*subjects, *topics]]
    for kind, condition in UNUSUAL_DECISIONS.items():
        asked = rows(
            sandbox_night,
            "select symbol, session_date, strategy from analytics.target_weights "
            f"where {condition} order by hash(symbol || session_date::varchar) limit 3",
        )
        assert asked, f"the sandbox has no decision of the kind: {kind}"
        found += [
            explanation(settings, symbol, session, strategy=strategy)
            for symbol, session, strategy in asked
        ]
    return found


def nodes(explained: list[Explanation]) -> Iterator[Node]:
    for found in explained:
        yield from found.tree.walk()


def test_every_number_comes_out_again(explained: list[Explanation]) -> None:
    checked = 0
    for node in nodes(explained):
        again = node.recomputed
        if node.equation:
            assert again is not None, node.what
        if again is not None and isinstance(node.value, int | float):
            assert abs(node.value - again) <= 1e-12 * max(1.0, abs(node.value)), node.what
            checked += 1
    assert checked > 500


def test_weights_of_the_night_are_made_of_their_factors(
    sandbox_night: NightHome, explained: list[Explanation]
) -> None:
    """What the table holds is what the tree multiplies and adds, term by term."""
    weights = {
        (strategy, symbol): (desired, final)
        for strategy, symbol, desired, final in rows(
            sandbox_night,
            "select strategy, symbol, desired_weight, final_weight from analytics.target_weights "
            f"where session_date = '{NIGHT}'",
        )
    }
    held = [
        found
        for found in explained
        if found.question.is_symbol and found.question.decision.is_tonight
    ]
    assert len(held) == len(weights)
    for found in held:
        (strategy,) = found.question.strategies
        desired, final = weights[strategy, found.question.subject]
        node = next(node for node in found.tree.children if node.what == "desired weight")
        scale, sleeve, target, *others = (float(str(term.value)) for term in node.terms)
        assert not others
        assert scale * sleeve * target == pytest.approx(desired, rel=1e-12, abs=1e-12)
        added = sum(float(str(term.value)) for term in found.tree.terms)
        assert added == pytest.approx(final, rel=1e-12, abs=1e-12)


def test_every_leaf_opens(explained: list[Explanation]) -> None:
    leaves = [leaf.response for found in explained for leaf in found.leaves if leaf.response]
    assert {leaf.provider for leaf in leaves} == {"polygon", "finnhub", "fred", "cboe"}
    for leaf in leaves:
        assert leaf.problem is None
        assert leaf.endpoint
        assert leaf.quoted, f"no record of {leaf.last_date} in {leaf.file}"
        assert leaf.served_from == "network"


def test_every_row_was_known_when_it_was_decided(explained: list[Explanation]) -> None:
    for found in explained:
        for leaf in found.leaves:
            assert leaf.available_at is not None
            assert leaf.available_at <= found.question.decision.decided_at, found.question


def test_every_symbol_rests_on_stored_responses(explained: list[Explanation]) -> None:
    for found in explained:
        if found.question.is_symbol:
            assert found.leaves, found.question.subject


def test_rules_give_what_the_models_decided(
    sandbox_night: NightHome, explained: list[Explanation]
) -> None:
    checked = 0
    for found in explained:
        for signal in found.tree.walk():
            entry = [node for node in signal.children if node.what.startswith("entry: ")]
            variant = next((n for n in found.tree.walk() if n.what == "governing variant"), None)
            if not entry or variant is None or found.question.strategies != ("equities",):
                continue
            ((can_enter,),) = rows(
                sandbox_night,
                "select can_enter from intermediate.int_equity_conditions_tested "
                f"inner join seeds.equity_variants using (style) "
                f"where symbol = '{found.question.subject}' and variant = '{variant.value}' "
                f"and session_date = '{found.question.decision.session}'",
            )
            assert all(node.value for node in entry) == can_enter, found.question
            checked += 1
    assert checked > 5


def test_every_table_that_is_named_exists_and_so_does_its_maker(
    sandbox_night: NightHome, explained: list[Explanation]
) -> None:
    tables = {
        row[0]
        for row in rows(
            sandbox_night, "select schema_name || '.' || table_name from duckdb_tables()"
        )
    }
    named = {(node.relation, node.made_by) for node in nodes(explained) if node.relation}
    assert {relation for relation, _ in named} <= tables
    assert {relation for relation, maker in named if maker is None} == set()
    files = {str(maker).split()[0] for _, maker in named}
    assert [file for file in files if not (REPOSITORY / file).is_file()] == []


def test_tables_that_python_makes_are_published(sandbox_night: NightHome) -> None:
    found = {
        row[0]
        for row in rows(
            sandbox_night, "select schema_name || '.' || table_name from duckdb_tables()"
        )
    }
    assert set(PYTHON_TABLES) <= found
    assert "fct_signals" in model_files()


def test_night_itself_is_as_recorded_and_sound(explained: list[Explanation]) -> None:
    for found in explained:
        assert found.is_sound, found.question
        if found.question.decision.is_tonight:
            assert found.recorded, found.question
            assert all(row.is_equal for row in found.recorded)


def test_json_holds_the_whole_tree(sandbox_night: NightHome) -> None:
    content = json.loads(mqp(sandbox_night.home, "why", "svxy", NIGHT, "--json").stdout)
    assert (content["subject"], content["is_sound"]) == ("SVXY", True)
    waiting, leaves = [content["tree"]], 0
    while waiting:
        node = waiting.pop()
        assert set(node) == NODE_KEYS
        assert isinstance(node["what"], str)
        assert node["equation"] in (
            None, "sum", "product", "difference", "quotient", "least", "mean"
        )  # fmt: skip
        if node["response"]:
            leaves += 1
            assert len(node["response"]["response_hash"]) == 64
            assert (sandbox_night.home / node["response"]["file"]).is_file()
        waiting += node["children"]
    assert leaves >= 2


def test_terminal_shows_the_way_from_weight_to_response(sandbox_night: NightHome) -> None:
    start = time.perf_counter()
    text = mqp(sandbox_night.home, "why", "AAPL").stdout
    print(f"mqp why AAPL: {time.perf_counter() - start:.2f} s for the whole process")
    for words in (
        "SIMULATED DATA", "Recorded at the time", "final weight of AAPL in equities", "limits",
        "desired weight", "scale", "sleeve weight", "target in the sleeve", "governing variant",
        "SMA 50", "RSI 14", "sentiment_3d", "daily bars", "✓ opens", "data/raw/polygon/",
        "dbt_project/models/intermediate/equities/int_trends_measured.sql",
    ):  # fmt: skip
        assert words in text, words
    assert "✗" not in text


def test_date_alone_asks_about_the_book(sandbox_night: NightHome) -> None:
    text = mqp(sandbox_night.home, "why", "2024-06-27").stdout
    assert text.startswith("portfolio on 2024-06-27")
    assert "as the night of 2024-06-28 computes it" in text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["XYZ"], "No sleeve of the portfolio trades 'XYZ': ask about AAPL, "),
        (["SPY"], "No sleeve of the portfolio trades 'SPY'"),
        (["HYG", "--strategy", "equities"], "equities does not trade HYG"),
        (["AAPL", "2024-06-22"], "no session of the exchange: those beside it are 2024-06-21 and "),
        (["AAPL", "2024-07-01"], "2024-07-01 lies after the published night, 2024-06-28"),
        (["AAPL", "tomorrow"], "NIGHT is 'tomorrow': write a session such as"),
        (["--response", "xyz"], "is no hash of a stored response"),
    ],
)
def test_what_is_not_there_is_one_sentence(
    sandbox_night: NightHome, arguments: list[str], sentence: str
) -> None:
    told = mqp(sandbox_night.home, "why", *arguments, expect=2).stderr
    assert sentence in told
    assert len(told.strip().splitlines()) == 1


def test_nothing_published_yet_says_what_to_do(tmp_path: Path) -> None:
    assert "run `mqp nightly` first" in mqp(tmp_path, "why", "AAPL", expect=1).stderr


def test_tampered_response_is_reported(sandbox_night: NightHome, tmp_path: Path) -> None:
    """Another home with the same published file, in which somebody has changed a price."""
    home = NightHome(tmp_path, "")
    home.published.parent.mkdir()
    home.published.symlink_to(sandbox_night.published)
    shutil.copytree(sandbox_night.raw, home.raw)
    before = explanation(settings_of(home), "AAPL", None)
    assert before.is_sound
    bars = next(
        leaf.response
        for leaf in before.leaves
        if leaf.response and leaf.response.dataset == "daily_bars"
    )
    path = home.home / str(bars.file)
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()).replace(b'"c":', b'"c":1')))
    done = mqp(home.home, "why", "AAPL", expect=3)
    assert "✗ does not open" in done.stdout
    assert "the file holds another body than its name says: take it from a backup" in done.stdout
    path.unlink()
    assert "the file is gone" in mqp(home.home, "why", "AAPL", expect=3).stdout


def test_response_is_printed_by_its_hash(sandbox_night: NightHome) -> None:
    found = explanation(settings_of(sandbox_night), "HYG", None)
    leaf = next(leaf.response for leaf in found.leaves if leaf.response)
    done = mqp(sandbox_night.home, "why", "--response", leaf.response_hash[:12])
    assert json.loads(done.stdout)
    assert leaf.response_hash in done.stderr
    assert str(leaf.file) in done.stderr


def test_explaining_imports_nothing_heavy(sandbox_night: NightHome) -> None:
    """The two seconds of the whole command leave no room for these."""
    heavy = ("pandas", "pyarrow", "dagster", "dbt", "great_expectations", "requests")
    environment = {"MQP_HOME": str(sandbox_night.home), "MQP_NOW": NIGHT_CLOCK, "PATH": ""}
    found, _ = heavy_imports(["why", "AAPL"], heavy, environment)
    assert found == []
