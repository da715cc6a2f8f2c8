"""Fault rules: what they refuse, whom they take, and how a script counts."""

import threading

import pytest

from ingestion.sandbox.faults import KINDS, FaultError, FaultRule, FaultScript
from ingestion.sandbox.rehearsals import REHEARSALS
from ingestion.sandbox.spoiling.outcome import asked_symbols

BARS = "/fmp/stable/historical-price-eod/full"
GROUPED = "/massive/v2/aggs/grouped/locale/us/market/stocks/2024-06-28"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"kind": "earthquake"}, "There is no fault kind 'earthquake': use "),
        ({"kind": "reset", "provider": "stooq"}, "There is no provider 'stooq': use polygon, "),
        ({"kind": "reset", "path_regex": "("}, "path_regex '\\(' is no regular expression"),
        ({"kind": "reset", "symbol_regex": "["}, "symbol_regex '\\[' is no regular expression"),
        ({"kind": "reset", "symbol_regex": 3}, "symbol_regex 3 is no regular expression"),
        ({"kind": "reset", "times": -1}, "times is -1: write a whole number"),
        ({"kind": "reset", "after_n": 1.5}, "after_n is 1.5: write a whole number"),
        ({"kind": "reset", "after_n": None}, "after_n is None: write a whole number"),
        ({"kind": "reset", "value": 1}, "reset takes no value, found 1"),
        ({"kind": "status", "value": 99}, "a code from 200 to 599, found 99"),
        ({"kind": "status", "value": {"cod": 500}}, "found 'cod'"),
        ({"kind": "status", "value": {"code": "500"}}, "a code from 200 to 599, found '500'"),
        ({"kind": "timeout", "value": -1}, "a number from 0 to 3600, found -1"),
        ({"kind": "truncated_json", "value": 2}, "a number from 0 to 1, found 2"),
        ({"kind": "huge_jump", "value": float("nan")}, "a number from 0"),
        ({"kind": "nan_values", "value": "NaN"}, "nan_values takes null or nan, found 'NaN'"),
        ({"kind": "misaligned_dates", "value": "x"}, "takes weekend or timezone, found 'x'"),
        ({"kind": "stale", "value": "yesterday"}, "a date such as 2017-05-31, found 'yesterday'"),
        ({"kind": "evil_text", "value": 7}, "evil_text takes a text, found 7"),
    ],
)
def test_rule_that_cannot_be_meant_is_refused_in_one_sentence(fields, sentence) -> None:
    with pytest.raises(FaultError, match=sentence) as refused:
        FaultRule(**fields)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("name", "ours"), [("massive", "polygon"), ("fredgraph", "fred_graph")])
def test_other_names_of_a_provider_are_understood(name: str, ours: str) -> None:
    assert FaultRule("reset", provider=name).provider == ours


@pytest.mark.parametrize(
    ("rule", "is_taken"),
    [
        (FaultRule("reset"), True),
        (FaultRule("reset", provider="fmp"), True),
        (FaultRule("reset", provider="polygon"), False),
        (FaultRule("reset", path_regex="eod/full"), True),
        (FaultRule("reset", path_regex="^/fmp/stable"), True),
        (FaultRule("reset", path_regex="eod/light"), False),
        (FaultRule("reset", symbol_regex="^KO$"), True),
        (FaultRule("reset", symbol_regex="^K$"), False),
    ],
)
def test_rule_takes_requests_that_match_in_everything(rule: FaultRule, is_taken: bool) -> None:
    taken = FaultScript((rule,)).take("fmp", BARS, {"KO"})
    assert (taken is rule) == is_taken


def test_whole_market_request_is_taken_by_row_faults_of_a_symbol_only() -> None:
    rows = FaultRule("zero_prices", symbol_regex="^KO$")
    whole = FaultRule("reset", symbol_regex="^KO$")
    assert FaultScript((whole, rows)).take("polygon", GROUPED, set()) is rows


def test_rule_passes_the_first_requests_and_takes_the_next_ones() -> None:
    script = FaultScript((FaultRule("reset", after_n=2, times=3),))
    taken = [script.take("fmp", BARS, {"KO"}) is not None for _ in range(8)]
    assert taken == [False, False, True, True, True, False, False, False]


def test_rule_with_no_times_takes_nothing() -> None:
    assert FaultScript((FaultRule("reset", times=0),)).take("fmp", BARS, {"KO"}) is None


def test_first_rule_decides_and_later_ones_do_not_count_its_requests() -> None:
    first, second = FaultRule("reset", times=2), FaultRule("slow", after_n=1, times=1)
    script = FaultScript((first, second))
    taken = [script.take("fmp", BARS, {"KO"}) for _ in range(5)]
    assert taken == [first, first, None, second, None]


def test_threads_share_one_count() -> None:
    script = FaultScript((FaultRule("reset", after_n=100, times=300),))
    taken = []

    def ask() -> None:
        taken.extend(script.take("fmp", BARS, {"KO"}) for _ in range(100))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(rule is not None for rule in taken) == 300


@pytest.mark.parametrize(
    ("path", "query", "symbols"),
    [
        ("/massive/v2/aggs/ticker/BRK.B/range/1/day/2024-06-03/2024-06-28", {}, {"BRK.B"}),
        (GROUPED, {"adjusted": "false"}, set()),
        ("/massive/stocks/v1/splits", {"ticker.any_of": "KO,SPY"}, {"KO", "SPY"}),
        ("/massive/v2/reference/news", {"ticker": "KO"}, {"KO"}),
        ("/fmp/stable/profile", {"symbol": "KO"}, {"KO"}),
        ("/fmp/stable/news/stock", {"symbols": "KO,SPY"}, {"KO", "SPY"}),
        ("/finnhub/api/v1/quote", {"symbol": "KO"}, {"KO"}),
        ("/fred/series/observations", {"series_id": "DGS10"}, {"DGS10"}),
        ("/fredgraph/fredgraph.csv", {"id": "DGS10"}, {"DGS10"}),
        ("/cboe/api/global/us_indices/daily_prices/VIX3M_History.csv", {}, {"VIX3M"}),
        ("/cboe/api/global/delayed_quotes/quotes/_VIX.json", {}, {"VIX"}),
        ("/yahoo/v8/finance/chart/^VIX", {}, {"^VIX"}),
    ],
)
def test_symbols_of_a_request_are_found(path, query, symbols) -> None:
    assert asked_symbols(path, query) == symbols


def test_rehearsals_cover_every_kind_and_explain_themselves() -> None:
    played = {rule.kind for rehearsal in REHEARSALS.values() for rule in rehearsal.rules}
    assert played == set(KINDS)
    for rehearsal in REHEARSALS.values():
        assert rehearsal.description.endswith(".")
        assert rehearsal.expect.endswith(".")
