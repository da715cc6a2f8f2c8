"""Every kind of fault on every shape of answer."""

import base64
import json
import math
from datetime import UTC, datetime
from typing import Any

import pytest

from ingestion.sandbox.faults import FaultRule
from ingestion.sandbox.server import PROVIDERS, SandboxServer
from ingestion.sandbox.spoiling.outcome import Outcome, asked_symbols, spoilt
from ingestion.sandbox.spoiling.rows import EVIL_TEXT
from ingestion.sandbox.wire.http import Reply, Request
from tests.ingestion.sandbox.wire_samples import SAMPLES, Rows, Sample

KEY = "secret/key+0001"
SINGLE = ("finnhub quote", "cboe quote")  # one object and no list: it cannot be there twice


def _play(kind: str, sample: Sample, value: Any = None, **fields: Any) -> Outcome:
    reply = Reply(sample.body, 200, sample.content_type, {"ETag": '"whole"'})
    request = Request(sample.path, sample.query, {}, "http://x", KEY, view=None)
    rule = FaultRule(kind, value, **fields)
    symbols = asked_symbols(sample.path, sample.query)
    return spoilt(rule, sample.provider, request, symbols, lambda _: reply)


def _rows(kind: str, sample: Sample, value: Any = None, **fields: Any) -> Rows:
    outcome = _play(kind, sample, value, **fields)
    assert (outcome.ending, outcome.fault) == ("whole", kind)
    assert outcome.reply.status == 200
    return sample.read(outcome.reply.body)


def _with(sample: Sample, **changes: Any) -> Rows:
    """The sample's rows, the newest one changed."""
    rows = [dict(row) for row in sample.rows]
    rows[sample.newest] |= changes
    return rows


every_shape = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())


@every_shape
def test_samples_read_back_what_they_hold(sample: Sample) -> None:
    assert sample.read(sample.body) == sample.rows


@every_shape
def test_nan_values_empty_the_newest_row(sample: Sample) -> None:
    blank = dict.fromkeys(sample.values, sample.missing)
    assert _rows("nan_values", sample) == _with(sample, **blank)


@every_shape
def test_nan_values_can_be_the_literal(sample: Sample) -> None:
    rows = _rows("nan_values", sample, "nan")
    newest = rows[sample.newest]
    for name in sample.values:
        assert newest[name] == "NaN" or math.isnan(newest[name])
    assert rows[: sample.newest] == sample.rows[: sample.newest]


@every_shape
def test_zero_prices_spoil_the_newest_row_only(sample: Sample) -> None:
    assert _numbers(_rows("zero_prices", sample), sample) == _scaled(sample, 0)


@every_shape
def test_huge_jump_multiplies_the_newest_row(sample: Sample) -> None:
    assert _numbers(_rows("huge_jump", sample), sample) == _scaled(sample, 10)
    assert _numbers(_rows("huge_jump", sample, 3), sample) == _scaled(sample, 3)


def _numbers(rows: Rows, sample: Sample) -> list[list[float]]:
    return [[pytest.approx(float(row[name])) for name in sample.values] for row in rows]


def _scaled(sample: Sample, factor: float) -> list[list[float]]:
    return [
        [float(row[name]) * (factor if at == sample.newest else 1) for name in sample.values]
        for at, row in enumerate(sample.rows)
    ]


@every_shape
def test_negative_volume_touches_the_newest_volume(sample: Sample) -> None:
    changes = {sample.volume: -200} if sample.volume else {}
    assert _rows("negative_volume", sample) == _with(sample, **changes)


@every_shape
def test_ohlc_violation_puts_the_high_below_the_low(sample: Sample) -> None:
    rows = _rows("ohlc_violation", sample)
    if sample.high_low is None:
        assert rows == sample.rows
        return
    high, low = sample.high_low
    assert [float(row[high]) < float(row[low]) for row in rows] == [
        at == sample.newest for at in range(len(rows))
    ]


@every_shape
def test_duplicate_rows_repeat_the_newest_row_or_every_story(sample: Sample) -> None:
    rows = _rows("duplicate_rows", sample)
    if sample.read(sample.body) == rows:
        assert sample in [SAMPLES[name] for name in SINGLE]
        return
    twice = range(len(sample.rows)) if sample.headline else [sample.newest]
    expected = [copy for at, row in enumerate(sample.rows) for copy in [row] * (1 + (at in twice))]
    assert rows == expected


@every_shape
@pytest.mark.parametrize("value", [None, "weekend", "timezone"])
def test_misaligned_dates_move_every_row_by_a_day(sample: Sample, value: str | None) -> None:
    rows = _rows("misaligned_dates", sample, value)
    moved = sample.early if value == "timezone" else sample.late
    expected = [
        row | ({sample.day: day} if moved else {})
        for row, day in zip(sample.rows, moved or sample.rows, strict=True)
    ]
    assert rows == expected


@every_shape
def test_evil_text_stands_before_every_headline(sample: Sample) -> None:
    name = sample.headline
    expected = [{**row, name: f"{EVIL_TEXT} {row[name]}"} if name else row for row in sample.rows]
    assert _rows("evil_text", sample) == expected


@every_shape
def test_foreign_next_url_leads_polygon_lists_away(sample: Sample) -> None:
    body = _play("foreign_next_url", sample, "http://127.0.0.1:9").reply.body
    if sample.provider == "polygon":
        assert json.loads(body)["next_url"].startswith(f"http://127.0.0.1:9{sample.path}?cursor=")
    assert sample.read(body) == sample.rows


@every_shape
def test_status_replaces_the_answer(sample: Sample) -> None:
    assert _play("status", sample).reply.status == 500
    assert "text/html" in _play("status", sample, 503).reply.content_type
    value = {"code": 418, "body": "tea", "content_type": "text/tea", "headers": {"X-Pot": 1}}
    assert _play("status", sample, value).reply == Reply(b"tea", 418, "text/tea", {"X-Pot": "1"})


@every_shape
def test_html200_is_a_page_with_status_200(sample: Sample) -> None:
    reply = _play("html200", sample, "Airport").reply
    assert (reply.status, reply.content_type) == (200, "text/html; charset=utf-8")
    assert b"<title>Airport</title>" in reply.body


@every_shape
def test_truncated_body_keeps_its_label(sample: Sample) -> None:
    reply = _play("truncated_json", sample, 0.9).reply
    assert reply.body == sample.body[: int(len(sample.body) * 0.9)]
    assert reply.content_type == sample.content_type


@every_shape
def test_invalid_and_empty_answers_keep_label_and_status(sample: Sample) -> None:
    noise, nothing = _play("invalid_json", sample).reply, _play("empty200", sample).reply
    assert (noise.body, nothing.body) == (b"Invalid name", b"")
    for reply in (noise, nothing):
        assert (reply.status, reply.content_type) == (200, sample.content_type)
    assert _play("empty200", sample, "[]").reply.body == b"[]"


@every_shape
def test_key_echo_repeats_the_key_in_every_form(sample: Sample) -> None:
    reply = _play("key_echo", sample).reply
    shown = f"{reply.body.decode()} {reply.headers}"
    encoded = base64.b64encode(KEY.encode()).decode()
    assert reply.status == 500
    assert all(form in shown for form in (KEY, "secret%2Fkey%2B0001", encoded))
    assert KEY in str(reply.headers)
    assert _play("key_echo", sample, 400).reply.status == 400


@every_shape
@pytest.mark.parametrize(
    ("kind", "ending", "seconds", "status"),
    [("timeout", "no_answer", 30, None), ("reset", "reset", 0, None), ("slow", "drip", 5, 200)],
)
def test_connection_faults_leave_the_answer_alone(sample, kind, ending, seconds, status) -> None:
    outcome = _play(kind, sample)
    assert (outcome.ending, outcome.seconds, outcome.status) == (ending, seconds, status)
    assert outcome.reply.body == sample.body
    if kind != "reset":
        assert _play(kind, sample, 7).seconds == 7


def test_row_fault_of_a_symbol_spoils_its_rows_of_a_whole_market_only() -> None:
    sample = SAMPLES["polygon grouped"]
    (ours,) = sample.rows
    body = json.dumps({"results": [ours, {**ours, "T": "ZZR"}, {**ours, "T": "ZZQA"}]}).encode()
    request = Request(sample.path, {}, {}, "http://x", KEY, view=None)
    for kind in ("zero_prices", "duplicate_rows", "misaligned_dates", "nan_values"):
        rule = FaultRule(kind, symbol_regex="^ZZR$")
        outcome = spoilt(rule, "polygon", request, frozenset(), lambda _: Reply(body))
        rows = json.loads(outcome.reply.body)["results"]
        assert [row for row in rows if row["T"] != "ZZR"] == [ours, {**ours, "T": "ZZQA"}]
        assert [row for row in rows if row["T"] == "ZZR"] != [{**ours, "T": "ZZR"}]


def test_blank_observation_is_not_the_newest_value() -> None:
    sample = SAMPLES["fred observations"]
    rows = [*sample.rows, {"date": "2024-07-04", "value": "."}]
    request = Request(sample.path, sample.query, {}, "http://x", KEY, view=None)
    reply = Reply(sample.write(rows))
    rule = FaultRule("huge_jump")
    outcome = spoilt(rule, "fred", request, frozenset({"DGS10"}), lambda _: reply)
    assert [row["value"] for row in sample.read(outcome.reply.body)] == ["4.29", "43.60", "."]


def test_spoilt_file_has_a_validator_of_its_own() -> None:
    reply = _play("zero_prices", SAMPLES["cboe csv"]).reply
    assert reply.headers["ETag"] != '"whole"'
    assert reply.headers == _play("zero_prices", SAMPLES["cboe csv"]).reply.headers


def test_refusals_are_not_spoilt_but_passed_on() -> None:
    refused = Reply(b'{"error":"no"}', 401)
    request = Request("/quote", {"symbol": "ZZQ"}, {}, "http://x", KEY, view=None)
    for kind in ("nan_values", "duplicate_rows", "evil_text", "foreign_next_url"):
        outcome = spoilt(FaultRule(kind), "finnhub", request, frozenset(), lambda _: refused)
        assert outcome.reply == refused


# --- on the served market -----------------------------------------------------------------------

EVENING = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
BARS = "/v2/aggs/ticker/KO/range/1/day/2024-06-10/2024-06-28"
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks/2024-06-28"
VIX = "/api/global/us_indices/daily_prices/VIX_History.csv"


@pytest.fixture(scope="module")
def sandbox():
    server = SandboxServer(seed=7, now=EVENING, symbols=("KO", "SPY"))
    yield server
    server.close()


def _ask(sandbox: SandboxServer, provider: str, path: str, **headers: str) -> Outcome:
    if provider == "polygon":
        headers["authorization"] = f"Bearer {sandbox.api_keys['polygon']}"
    return sandbox.outcome(PROVIDERS[provider].prefix + path, {"adjusted": "false"}, headers)


def test_stale_provider_shows_what_it_knew_on_its_day(sandbox) -> None:
    sandbox.faults = ()
    fresh = json.loads(_ask(sandbox, "polygon", BARS).reply.body)["results"]
    sandbox.faults = [FaultRule("stale", "2024-06-20")]
    stale = json.loads(_ask(sandbox, "polygon", BARS).reply.body)["results"]
    assert stale == fresh[: len(stale)]
    assert len(fresh) - len(stale) == 6  # 21, 24, 25, 26, 27 and 28 June


def test_stale_provider_stands_still_for_five_sessions_by_default(sandbox) -> None:
    sandbox.faults = [FaultRule("stale")]
    lines = _ask(sandbox, "cboe", VIX).reply.body.decode().splitlines()
    assert lines[-1].startswith("06/21/2024")


def test_stale_symbol_is_missing_from_the_whole_market(sandbox) -> None:
    sandbox.faults = [FaultRule("stale", symbol_regex="^KO$")]
    rows = json.loads(_ask(sandbox, "polygon", GROUPED).reply.body)["results"]
    assert [row["T"] for row in rows] == ["SPY"]


def test_spoilt_answer_ignores_the_clients_validators(sandbox) -> None:
    sandbox.faults = ()
    etag = _ask(sandbox, "cboe", VIX).reply.headers["ETag"]
    quoting = {"if-none-match": etag}
    assert _ask(sandbox, "cboe", VIX, **quoting).reply.status == 304
    sandbox.faults = [FaultRule("zero_prices")]
    spoilt_file = _ask(sandbox, "cboe", VIX, **quoting).reply
    assert spoilt_file.status == 200
    assert spoilt_file.headers["ETag"] != etag


def test_log_says_which_fault_was_applied(sandbox) -> None:
    sandbox.faults = [FaultRule("reset", times=1), FaultRule("status", 503, times=1)]
    sandbox.request_log.clear()
    for _ in range(3):
        _ask(sandbox, "polygon", BARS)
    assert [(line.status, line.fault) for line in sandbox.request_log] == [
        (None, "reset"), (503, "status"), (200, None),
    ]  # fmt: skip


def test_setting_the_script_again_counts_anew(sandbox) -> None:
    sandbox.faults = [FaultRule("status", 503, times=1)]
    assert [_ask(sandbox, "polygon", BARS).status for _ in range(2)] == [503, 200]
    sandbox.faults = sandbox.faults
    assert _ask(sandbox, "polygon", BARS).status == 503
