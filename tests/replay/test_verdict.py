"""What is said of a rebuilt night, over the ways in which it can differ from the published one."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from orchestration.environment import present_environment
from orchestration.provenance import code_hash
from orchestration.replay.comparison import Comparison, compare_with_published
from orchestration.replay.nights import PublishedNight, published_night_of
from orchestration.replay.verdict import Findings, Outcome, judge
from tests.replay.homes import CODE, NIGHT, Making, published_home
from warehouse.connection import connect
from warehouse.home import Home
from warehouse.kept_results import ColumnDifference, ResultDifference
from warehouse.publish import MANIFEST, Manifest, TableDigest

HERE = present_environment().to_json()
ELSEWHERE = replace(present_environment(), machine="Linux aarch64, ARM").to_json()
STAGING, WEIGHTS = "staging.stg_cboe__index_history", "analytics.target_weights"
OTHER = TableDigest(2, "another content")
LAST_DIGITS = ResultDifference(
    WEIGHTS, 0, 0, 2, 0, {"final_weight": ColumnDifference(2, 1e-17)}, (), (), ()
)
HALF = replace(LAST_DIGITS, changed_notably=2, columns={"final_weight": ColumnDifference(2, 0.5)})


def compared(
    folder: Path,
    *,
    made_by: str = code_hash(),
    environment: str = HERE,
    otherwise: Mapping[str, TableDigest] | None = None,
) -> Comparison:
    """A night that was published by some code somewhere, and built again here and now.

    `otherwise`: tables that are other ones now.
    """
    home = published_home(folder, Making(code_hash=made_by, environment=environment))
    return compare_with_published(home, night_of(home), rebuilt(home, otherwise or {}))


def night_of(home: Home) -> PublishedNight:
    with connect(home.ledger, read_only=True) as ledger:
        return published_night_of(ledger, NIGHT)


def rebuilt(home: Home, otherwise: Mapping[str, TableDigest]) -> Manifest:
    """The published manifest with present code, and some tables changed."""
    text = (home.nights / NIGHT.isoformat() / MANIFEST).read_text()
    manifest = Manifest.from_json(text)
    tables = {**manifest.tables, **otherwise}
    return replace(manifest, code_hash=code_hash(), tables=tables)


def test_equal_hashes_are_identical(tmp_path: Path) -> None:
    verdict = judge(compared(tmp_path), Findings())
    assert (verdict.outcome, verdict.exit_code, verdict.remarks) == (Outcome.IDENTICAL, 0, ())
    assert "each of its 2 tables has the content hash that was published" in verdict.sentence


def test_equal_hashes_by_other_code_elsewhere_are_identical_and_say_so(tmp_path: Path) -> None:
    verdict = judge(compared(tmp_path, made_by=CODE, environment=ELSEWHERE), Findings())
    assert verdict.outcome == Outcome.IDENTICAL
    assert f"published by other code ({CODE}, now {code_hash()})" in verdict.remarks[0]
    assert "the machine was Linux aarch64, ARM" in verdict.remarks[1]


def test_same_code_and_machine_must_not_differ_even_in_last_digits(tmp_path: Path) -> None:
    verdict = judge(
        compared(tmp_path, otherwise={WEIGHTS: OTHER}),
        Findings(results=(LAST_DIGITS,), changed_landings=()),
    )
    assert (verdict.outcome, verdict.exit_code) == (Outcome.DIFFERENT, 1)
    assert verdict.sentence == (
        "DIFFERENT, although code, ledger version, machine and packages are the same: night "
        f"2017-06-30. Of its tables 1 differ ({WEIGHTS})."
    )
    assert verdict.remarks == ("Every row that the night read is as it landed.",)


def test_rows_that_are_not_as_they_landed_are_named(tmp_path: Path) -> None:
    changed = "version 1 of raw.cboe__index_history is not as it landed (5 rows then, 4 now)"
    verdict = judge(
        compared(tmp_path, otherwise={STAGING: OTHER}), Findings(changed_landings=(changed,))
    )
    assert verdict.outcome == Outcome.DIFFERENT
    assert verdict.remarks == (f"In the ledger {changed}.",)


def test_other_code_may_differ_behind_equal_staging(tmp_path: Path) -> None:
    verdict = judge(
        compared(tmp_path, made_by=CODE, otherwise={WEIGHTS: OTHER}), Findings(results=(HALF,))
    )
    assert (verdict.outcome, verdict.exit_code) == (Outcome.OTHER_CODE, 0)
    assert verdict.sentence == (
        "SAME DATA, OTHER CODE: night 2017-06-30: all 1 staging tables are as published; code "
        f"{CODE} made it and code {code_hash()} is here now. Of its tables 1 differ ({WEIGHTS})."
    )


def test_other_code_with_new_tables_is_the_same_data(tmp_path: Path) -> None:
    verdict = judge(
        compared(tmp_path, made_by=CODE, otherwise={"staging.stg_new": OTHER}), Findings()
    )
    assert verdict.outcome == Outcome.OTHER_CODE
    assert "today's code alone makes staging.stg_new" in verdict.sentence


@pytest.mark.parametrize(
    ("changed_landings", "outcome", "said"),
    [
        ((), Outcome.OTHER_CODE, "every row that it read is as it landed"),
        (("version 1 of raw.x is gone",), Outcome.DIFFERENT, "cannot be shown: version 1 of raw.x"),
        (None, Outcome.DIFFERENT, "the log of landings beside the stored responses does not cover"),
    ],
)
def test_other_code_with_other_staging_needs_the_landing_log(
    tmp_path: Path, changed_landings: tuple[str, ...] | None, outcome: Outcome, said: str
) -> None:
    verdict = judge(
        compared(tmp_path, made_by=CODE, otherwise={STAGING: OTHER}),
        Findings(changed_landings=changed_landings),
    )
    assert verdict.outcome == outcome
    assert said in verdict.sentence


def test_scores_of_an_older_method_are_said_to_be_missing(tmp_path: Path) -> None:
    verdict = judge(
        compared(tmp_path, made_by=CODE, otherwise={WEIGHTS: OTHER}),
        Findings(scored_by=("vader-3.3.2",)),
    )
    assert verdict.outcome == Outcome.OTHER_CODE
    assert "headlines were scored by vader-3.3.2" in verdict.remarks[0]


def test_another_machine_may_differ_in_last_digits(tmp_path: Path) -> None:
    verdict = judge(
        compared(tmp_path, environment=ELSEWHERE, otherwise={WEIGHTS: OTHER}),
        Findings(results=(LAST_DIGITS,), compared_results=(WEIGHTS,)),
    )
    assert (verdict.outcome, verdict.exit_code) == (Outcome.OTHER_MACHINE, 0)
    assert f"the results that were kept ({WEIGHTS}) agree within 1e-9" in verdict.sentence
    assert "the machine was Linux aarch64, ARM and is" in verdict.sentence


@pytest.mark.parametrize("table", [STAGING, "staging.stg_new"])
def test_another_machine_does_not_explain_other_rows_in_staging(tmp_path: Path, table: str) -> None:
    verdict = judge(compared(tmp_path, environment=ELSEWHERE, otherwise={table: OTHER}), Findings())
    assert (verdict.outcome, verdict.exit_code) == (Outcome.DIFFERENT, 1)


def test_another_machine_does_not_explain_more_than_last_digits(tmp_path: Path) -> None:
    verdict = judge(
        compared(tmp_path, environment=ELSEWHERE, otherwise={WEIGHTS: OTHER}),
        Findings(results=(HALF,), compared_results=(WEIGHTS,)),
    )
    assert (verdict.outcome, verdict.exit_code) == (Outcome.DIFFERENT, 1)
    assert f"{WEIGHTS} differs by more than last digits" in verdict.sentence


@pytest.mark.parametrize("made_by", [code_hash(), CODE])
def test_removed_rows_make_an_exact_replay_impossible(tmp_path: Path, made_by: str) -> None:
    removed = "9 rows of raw.finnhub__company_news (every symbol) were removed on 2017-07-05: end"
    verdict = judge(
        compared(tmp_path, made_by=made_by, otherwise={STAGING: OTHER}),
        Findings(removed=(removed,), changed_landings=()),
    )
    assert (verdict.outcome, verdict.exit_code) == (Outcome.ROWS_REMOVED, 1)
    assert verdict.sentence.startswith(f"CANNOT BE REPLAYED EXACTLY: {removed}. Of its tables 1")


def test_unrecorded_machine_is_said_to_be_unknown(tmp_path: Path) -> None:
    verdict = judge(compared(tmp_path, environment="{}", otherwise={WEIGHTS: OTHER}), Findings())
    assert verdict.outcome == Outcome.DIFFERENT
    assert "although code and ledger version are the same" in verdict.sentence
    assert verdict.remarks[-1] == "Machine and packages of that night were not recorded."


# --- nights whose folder is gone, or another attempt's ---------------------------------------


@pytest.fixture
def earlier_attempt(tmp_path: Path) -> tuple[Home, PublishedNight, Manifest]:
    """Attempt 1, replaced by attempt 2 of other weights, and attempt 1's manifest as rebuilt."""
    first = Making(code_hash=code_hash())
    second = replace(first, attempt=2, weights="('AAPL', date '2017-06-30', 1.0)")
    once = published_home(tmp_path / "once", first)
    twice = published_home(tmp_path / "twice", first, second)
    with connect(twice.ledger, read_only=True) as ledger:
        return twice, published_night_of(ledger, NIGHT, 1), rebuilt(once, {})


def test_earlier_attempt_is_compared_by_the_hash_of_its_manifest(
    earlier_attempt: tuple[Home, PublishedNight, Manifest],
) -> None:
    verdict = judge(compare_with_published(*earlier_attempt), Findings())
    assert verdict.outcome == Outcome.IDENTICAL
    assert "because the night's folder holds another attempt" in verdict.sentence


def test_earlier_attempt_that_differs_cannot_name_its_tables(
    earlier_attempt: tuple[Home, PublishedNight, Manifest],
) -> None:
    home, night, manifest = earlier_attempt
    manifest = replace(manifest, tables={**manifest.tables, WEIGHTS: OTHER})
    verdict = judge(compare_with_published(home, night, manifest), Findings())
    assert verdict.outcome == Outcome.DIFFERENT
    assert "Which tables differ cannot be told, because the night's folder" in verdict.sentence


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.unlink(), "only the last 30 nights keep their manifest"),
        (lambda path: path.write_text("{"), "its manifest is damaged"),
    ],
)
def test_night_without_its_manifest_is_compared_by_the_recorded_hash(
    tmp_path: Path, spoil: object, said: str
) -> None:
    home = published_home(tmp_path, Making(code_hash=code_hash()))
    manifest = rebuilt(home, {})
    assert callable(spoil)
    spoil(home.nights / NIGHT.isoformat() / MANIFEST)
    verdict = judge(compare_with_published(home, night_of(home), manifest), Findings())
    assert verdict.outcome == Outcome.IDENTICAL
    assert said in verdict.sentence
