"""FMP's pages about companies on the wire, and Finnhub's."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from ingestion.errors import BadPayloadError, EntitlementError
from ingestion.providers import finnhub_metrics, fmp_macro, fmp_statements
from tests.ingestion.companies import REFUSAL
from tests.ingestion.transport import Canned

INCOME = {
    "symbol": "ZZQ", "date": "2016-12-31", "fiscalYear": "2016", "period": "FY",
    "cik": "0000000007", "reportedCurrency": "USD", "filingDate": "2017-02-20",
    "acceptedDate": "2017-02-20 16:45:00", "revenue": 1000, "eps": "1.25",
    "bottomLineNetIncome": None, "ebitda": "", "finalLink": "u",
}  # fmt: skip


def fetched(source, body, dataset="income_statement"):
    made = source("fmp", body if isinstance(body, Canned) else Canned(body))
    return fmp_statements.fetch_statements(made, dataset, "ZZQ")


def test_every_number_becomes_a_row_and_labels_do_not(source, bench):
    rows = fetched(source, [INCOME]).to_pylist()

    assert [(row["metric"], row["value"]) for row in rows] == [
        ("bottomLineNetIncome", None), ("ebitda", None), ("eps", 1.25), ("revenue", 1000.0),
    ]  # fmt: skip
    assert list(rows[0].values())[:4] == ["ZZQ", "income", date(2016, 12, 31), "FY"]
    assert "/income-statement?symbol=ZZQ&period=annual&limit=30" in bench.transport.requests[0].url


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"n/a"', []), ("true", []), ("[1]", []), ('"NaN"', [None]), ("NaN", [None]),
        ("1e400", [None]), ('"-0.5"', [-0.5]),
    ],
)  # fmt: skip
def test_text_is_no_figure_unless_it_is_a_number(source, value, expected):
    body = f'[{{"symbol": "ZZQ", "date": "2016-12-31", "period": "FY", "x": {value}}}]'
    assert fetched(source, Canned(body)).column("value").to_pylist() == expected


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        ({"acceptedDate": "2017-02-20 16:45:00"}, "2017-02-20T21:45"),  # New York winter
        ({"acceptedDate": "2017-07-03 16:45:00"}, "2017-07-03T20:45"),  # and summer
        ({"acceptedDate": "2017-02-20 00:00:00"}, "2017-02-21T05:00"),  # no time of day
        ({"acceptedDate": "2017-02-20"}, "2017-02-21T05:00"),
        ({"acceptedDate": "", "filingDate": "2017-02-20"}, "2017-02-21T05:00"),
        ({"acceptedDate": "2016-02-20 16:45:00", "filingDate": None}, None),  # before it ended
        ({"acceptedDate": "0000-00-00 00:00:00"}, None),
        ({}, None),
    ],
)
def test_acceptance_is_new_york_wall_time(source, stamps, expected):
    row = {"symbol": "ZZQ", "date": "2016-12-31", "period": "FY", "revenue": 1, **stamps}
    (found,) = fetched(source, [row]).column("accepted_at").to_pylist()

    assert found == (expected and datetime.fromisoformat(f"{expected}+00:00"))


@pytest.mark.parametrize(
    "body",
    [
        {"Error": "no list"},
        [{**INCOME, "symbol": "ZZR"}],
        [{**INCOME, "symbol": None}],
        [{**INCOME, "period": "Q4"}],
        [{**INCOME, "date": "2017-12-31"}],  # not over yet
        [{**INCOME, "date": "Dec 2016"}],
        [{**INCOME, "acceptedDate": "2017-02-20 25:00:00"}],
    ],
)
def test_report_of_another_shape_is_refused(source, body):
    with pytest.raises(BadPayloadError):
        fetched(source, body)


def test_fund_has_no_figures(source):
    assert fetched(source, []).num_rows == 0


@pytest.mark.parametrize(
    ("dataset", "what", "scope"),
    [
        ("key_metrics", "symbol", "symbol"),
        ("key_metrics_quarter", "symbol", "symbol"),
        ("key_metrics_quarter", "period", "endpoint"),
        ("key_metrics", "limit", "parameter"),
    ],
)
def test_refusal_reaches_as_far_as_its_text_says(source, dataset, what, scope):
    kind = "Parameters" if what == "limit" else "Endpoint"
    with pytest.raises(EntitlementError) as refused:
        fetched(source, Canned(REFUSAL.format(kind, what), 402, "text/plain"), dataset)

    assert refused.value.scope == scope


def test_metrics_take_the_acceptance_of_their_own_period(source):
    income = fetched(source, [INCOME])
    row = {"symbol": "ZZQ", "period": "FY", "returnOnEquity": 0.18, "earningsYield": 0.05}
    metrics = fetched(
        source, [{**row, "date": "2016-12-31"}, {**row, "date": "2015-12-31"}], "key_metrics"
    )
    dated = fmp_statements.with_acceptance(metrics, income)

    assert dated.schema == metrics.schema
    assert [
        (row["period_end_date"].year, row["metric"], row["accepted_at"])
        for row in dated.to_pylist()
    ] == [
        (2015, "earningsYield", None),
        (2015, "returnOnEquity", None),
        (2016, "earningsYield", datetime(2017, 2, 20, 21, 45, tzinfo=UTC)),
        (2016, "returnOnEquity", datetime(2017, 2, 20, 21, 45, tzinfo=UTC)),
    ]


def test_acceptance_of_nothing_is_nothing(source):
    empty = fetched(source, [])
    assert fmp_statements.with_acceptance(empty, empty).equals(empty)


def test_profile_names_the_company(source):
    row = {
        "symbol": "ZZQ", "companyName": "ZZQ Inc.", "sector": "Technology", "industry": "",
        "country": "US", "isEtf": False, "isFund": False, "price": 101.2,
    }  # fmt: skip
    (found,) = fmp_statements.fetch_profile(source("fmp", Canned([row])), "ZZQ").to_pylist()

    assert list(found.values())[:6] == ["ZZQ", "ZZQ Inc.", "Technology", None, "US", False]


def test_finnhub_figures_are_dated_by_the_fetch_or_their_period(source):
    body = {
        "metric": {"peTTM": 18.2, "52WeekHighDate": "2017-03-02", "beta": None},
        "series": {"annual": {"roe": [{"period": "2016-12-31", "v": 0.2}]}, "quarterly": {}},
        "symbol": "ZZQ",
    }
    rows = finnhub_metrics.fetch_metrics(source("finnhub", Canned(body)), "ZZQ").to_pylist()

    assert [list(row.values())[1:5] for row in rows] == [
        [date(2016, 12, 31), "annual", "roe", 0.2],
        [date(2017, 6, 30), "snapshot", "beta", None],
        [date(2017, 6, 30), "snapshot", "peTTM", 18.2],
    ]


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"metric": {}, "series": {}, "symbol": "ZZR"},
        {"metric": {"x": True}, "series": {}, "symbol": "ZZQ"},
        {"symbol": "ZZQ"},
        {"metric": {}, "series": {"annual": {"x": [{"period": "2018-12-31"}]}}, "symbol": "ZZQ"},
    ],
)  # fmt: skip
def test_finnhub_answer_of_another_shape_is_refused(source, body):
    with pytest.raises(BadPayloadError):
        finnhub_metrics.fetch_metrics(source("finnhub", Canned(body)), "ZZQ")


def test_unknown_symbol_has_no_finnhub_figures(source):
    body = {"metric": {}, "metricType": "all", "series": {}, "symbol": "ZZQ"}
    assert finnhub_metrics.fetch_metrics(source("finnhub", Canned(body)), "ZZQ").num_rows == 0


def test_rates_are_asked_for_in_parts_of_ninety_days(source, bench):
    bodies = [Canned([{"date": day, "month3": 0.98, "year30": None}]) for day in DAYS]
    table = fmp_macro.fetch_treasury_rates(
        source("fmp", *bodies), "DGS3MO", date(2017, 3, 1), date(2017, 6, 29)
    )
    windows = [request.url.split("from=")[1] for request in bench.transport.requests]

    assert windows == ["2017-03-01&to=2017-05-29", "2017-05-30&to=2017-06-29"]
    assert [list(row.values())[:3] for row in table.to_pylist()] == [
        ["month3", date.fromisoformat(day), 0.98] for day in DAYS
    ]


DAYS = ("2017-03-01", "2017-06-29")


@pytest.mark.parametrize("day", ["2017-06-30", "2017-02-28", None])
def test_rate_outside_the_window_is_refused(source, day):
    with pytest.raises(BadPayloadError):
        fmp_macro.fetch_treasury_rates(
            source("fmp", Canned([{"date": day, "month3": 0.98}])),
            "DGS3MO", date(2017, 6, 1), date(2017, 6, 29),
        )  # fmt: skip


def test_acceptances_are_joined_within_one_symbol():
    table = pa.concat_tables([_row("AAA", 1), _row("BBB", 2)])
    dated = fmp_statements.with_acceptance(_row("BBB", None), table)

    assert dated.column("accepted_at").to_pylist() == [datetime(2017, 2, 2, tzinfo=UTC)]


def _row(symbol, accepted_day):
    at = datetime(2017, 2, accepted_day, tzinfo=UTC) if accepted_day else None
    return pa.Table.from_pylist(
        [
            {
                "symbol": symbol, "statement": "income", "period_end_date": date(2016, 12, 31),
                "fiscal_period": "FY", "metric": "eps", "value": 1.0, "currency": "USD",
                "accepted_at": at, "fetched_at": datetime(2017, 6, 1, tzinfo=UTC),
                "response_hash": "h",
            }
        ],
        schema=fmp_statements.SCHEMAS[fmp_statements.FUNDAMENTALS],
    )  # fmt: skip
