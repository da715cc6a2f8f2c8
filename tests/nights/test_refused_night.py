"""A result that gate 2 refuses: the old night stays, and everybody is told the same sentence."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from orchestration.alerts.heartbeat import read_heartbeat
from tests.durability.boundaries import before
from tests.durability.test_faulty_nights import nudge_a_weight
from tests.orchestration.alerts.receiver import OK, SECRET_PATH, Receiver, serving
from tests.quick_command import quick_mqp
from tests.reports.test_render import text_of
from warehouse.connection import connect
from warehouse.home import Home

MONDAY = "2024-07-01T22:30:00Z"
REFUSED = (
    "Gate 2 refuses the night: analytics.target_weights: assert_target_weights_add_up "
    "(2 rows: session_date 2024-07-01, strategy "
)


@dataclass(frozen=True)
class Refusal:
    """Friday's home on Monday: what was printed, the hash of the file published before, and the
    webhook that was told.
    """

    home: Home
    printed: str
    published_before: str
    receiver: Receiver

    @property
    def sentence(self) -> str:
        """The reason as `run_status.json` has it."""
        status = json.loads((self.home.reports / "run_status.json").read_text())
        assert (status["night"], status["status"]) == ("2024-07-01", "FAILED")
        (reason,) = status["reasons"]
        return str(reason)


def spoil_the_results(build: Path) -> None:
    """Let a weight not add up by the time gate 2 looks."""
    before("orchestration.night:judge_results").arrange(partial(nudge_a_weight, build))


def content(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def refusal(
    small_night: Callable[[Path], Path],
    tmp_path_factory: pytest.TempPathFactory,
    small_universe: Path,
) -> Refusal:
    home = Home(small_night(tmp_path_factory.mktemp("refused")))
    published, receiver = content(home.published), Receiver(plan=[OK])
    server = serving(receiver)
    done = quick_mqp(
        home.root,
        "nightly",
        expect=1,
        arrange=partial(spoil_the_results, home.build),
        MQP_NOW=MONDAY,
        MQP_UNIVERSE=str(small_universe),
        ALERT_WEBHOOK_URL=receiver.url,
        METRICS_ENABLED="1",
    )
    server.shutdown()
    server.server_close()
    return Refusal(home, done.stdout + done.stderr, published, receiver)


def test_refused_night_leaves_the_old_one(refusal: Refusal) -> None:
    assert content(refusal.home.published) == refusal.published_before


def test_status_names_the_claim_and_its_rows(refusal: Refusal) -> None:
    assert refusal.sentence.startswith(REFUSED)


def test_terminal_says_the_same_sentence(refusal: Refusal) -> None:
    last = [line for line in refusal.printed.splitlines() if line.startswith("mqp: ")]
    assert last == [f"mqp: the night FAILED and published nothing: {refusal.sentence}"]


def test_report_says_it_above_the_old_night(refusal: Refusal) -> None:
    text = text_of((refusal.home.reports / "latest.html").read_text())
    assert " ".join(refusal.sentence.split()) in " ".join(text.split())
    assert (
        "The night of 2024-07-01 was not published. Everything below is the last published "
        "night, 2024-06-28."
    ) in " ".join(text.split())


def test_log_and_record_keep_the_same_sentence(refusal: Refusal) -> None:
    lines = (refusal.home.logs / "signal_engine.log").read_text().splitlines()
    errors = [json.loads(line) for line in lines if json.loads(line)["level"] == "ERROR"]
    assert [line["message"].partition(": ")[2] for line in errors] == [refusal.sentence]
    with connect(refusal.home.ledger, read_only=True) as ledger:
        recorded = ledger.execute(
            "select status, reasons from ops.nights order by night, attempt"
        ).fetchall()
    assert [(status, json.loads(reasons)) for status, reasons in recorded] == [
        ("CLEAN", []),
        ("FAILED", [refusal.sentence]),
    ]


def test_alert_says_the_same_sentence_once(refusal: Refusal) -> None:
    assert refusal.receiver.messages == [refusal.sentence]
    (digest,) = refusal.receiver.arrived
    assert digest.body["message"] == f"SIMULATED DATA: {refusal.sentence}"
    (path,) = (refusal.home.logs / "alerts").glob("alerts_*.jsonl")
    (row,) = map(json.loads, path.read_text().splitlines())
    assert (row["message"], row["severity"], row["check"], row["night"]) == (
        refusal.sentence,
        "error",
        "gate_2",
        "2024-07-01",
    )


def test_heartbeat_tells_the_run_from_the_night_that_stands(refusal: Refusal) -> None:
    beat = read_heartbeat(refusal.home)
    assert beat is not None
    assert (beat.night.isoformat(), beat.status, beat.published_night) == (
        "2024-07-01",
        "FAILED",
        None,  # the night before was run by its steps, without the run's end
    )


def test_metrics_of_the_run_are_one_line(refusal: Refusal) -> None:
    (path,) = (refusal.home.logs / "metrics").glob("metrics_*.jsonl")
    (row,) = map(json.loads, path.read_text().splitlines())
    assert (row["night"], row["status"], row["attempt"]) == ("2024-07-01", "FAILED", 1)
    assert list(row["step_seconds"])[:2] == ["landed_rows", "build_context"]
    assert all(seconds > 0 for seconds in row["step_seconds"].values())
    assert row["rows_landed"]["raw.polygon__daily_bars"] == 10  # one session of ten symbols
    assert row["fetches"]["polygon"]["ok"] > 0
    assert row["staleness_sessions"]["polygon"] == {"daily bars": 0}
    assert row["quality"]["blocking"] == row["quality"]["failed"] == 1
    assert row["quality"]["passed"] > 300
    assert row["exposure"] is None  # nothing was published


def test_webhook_is_named_nowhere(refusal: Refusal) -> None:
    written = [path for path in refusal.home.logs.rglob("*") if path.is_file()]
    assert not [path for path in written if SECRET_PATH in path.read_text(errors="replace")]
    assert SECRET_PATH not in refusal.printed


def test_data_docs_show_what_was_refused(refusal: Refusal) -> None:
    page = (refusal.home.reports / "data_docs" / "index.html").read_text()
    assert "the gate blocks the night" in text_of(page)
    assert "assert target weights add up" in text_of(page).replace("_", " ")
