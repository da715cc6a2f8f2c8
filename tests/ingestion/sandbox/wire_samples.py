"""One small answer in each shape on the wire, and how to read it back. ZZQ is made up.

Two sessions each, Thursday 2024-06-27 and Friday 2024-06-28; the newest comes where the provider
puts it. Prices are 10, 12, 9, 11 on Thursday and 20, 24, 18, 22 on Friday, volumes 100 and 200.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ingestion.sandbox.wire.http import JSON_TYPE

Rows = list[dict[str, Any]]
PRICES = {"thursday": (10.0, 12.0, 9.0, 11.0), "friday": (20.0, 24.0, 18.0, 22.0)}


@dataclass(frozen=True)
class Sample:
    """An answer of one provider.

    `rows`: what it holds, in the order of the wire. `newest`: place of Friday's row. `values`: the
    fields of prices or of an observation. `days`: the field of the day, and all days as they stand,
    a day later, a day earlier.
    """

    provider: str
    path: str
    query: dict[str, str]
    rows: Rows
    write: Callable[[Rows], bytes]
    read: Callable[[bytes], Rows]
    newest: int = 0
    values: tuple[str, ...] = ()
    high_low: tuple[str, str] | None = None
    volume: str | None = None
    day: str = ""
    late: tuple[Any, ...] = ()
    early: tuple[Any, ...] = ()
    headline: str | None = None
    content_type: str = JSON_TYPE
    missing: Any = None
    nan: Any = field(default_factory=lambda: float("nan"))

    @property
    def body(self) -> bytes:
        return self.write(self.rows)


def _dump(payload: Any) -> bytes:
    return json.dumps(payload).encode()


def _below(*keys: Any) -> Callable[[bytes], Rows]:
    def read(body: bytes) -> Rows:
        found = json.loads(body)
        for key in keys:
            found = found[key]
        return found if isinstance(found, list) else [found]

    return read


def _csv(rows: Rows) -> bytes:
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return ("\n".join(lines) + "\n").encode()


def _read_csv(body: bytes) -> Rows:
    header, *lines = (line.split(",") for line in body.decode().splitlines())
    return [dict(zip(header, line, strict=True)) for line in lines]


def _columns(rows: Rows) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _rows(columns: dict[str, list[Any]]) -> Rows:
    return [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]


def _bar(names: str, day: str, **more: Any) -> dict[str, Any]:
    """A bar with its prices under four names."""
    return dict(zip(names.split(), PRICES[day], strict=True)) | more


SHORT, LONG, ADJUSTED = "o h l c", "open high low close", "adjOpen adjHigh adjLow adjClose"
THURSDAY_MS, FRIDAY_MS, DAY_MS = 1719460800000, 1719547200000, 86_400_000
THURSDAY_S, FRIDAY_S, DAY_S = 1719460800, 1719547200, 86_400
ISO = {"late": ("2024-06-29", "2024-06-28"), "early": ("2024-06-27", "2024-06-26")}
STORY = {"summary": "s", "source": "Example Wire", "url": "https://wire.example/1"}


def _polygon(rows: Rows) -> bytes:
    return _dump({"status": "OK", "adjusted": False, "results": rows})


def _candles(rows: Rows) -> bytes:
    return _dump({"s": "ok", **_columns(rows)})


def _read_candles(body: bytes) -> Rows:
    payload = json.loads(body)
    assert payload.pop("s") == "ok"
    return _rows(payload)


def _chart(rows: Rows) -> bytes:
    columns = _columns(rows)
    stamps, adjusted = columns.pop("timestamp"), columns.pop("adjclose")
    indicators = {"quote": [columns], "adjclose": [{"adjclose": adjusted}]}
    result = {"meta": {"symbol": "ZZQ"}, "timestamp": stamps, "indicators": indicators}
    return _dump({"chart": {"result": [result], "error": None}})


def _read_chart(body: bytes) -> Rows:
    result = json.loads(body)["chart"]["result"][0]
    quote, adjusted = result["indicators"]["quote"][0], result["indicators"]["adjclose"][0]
    return _rows({"timestamp": result["timestamp"], **quote, **adjusted})


SAMPLES: dict[str, Sample] = {
    "polygon results": Sample(
        "polygon", "/v2/aggs/ticker/ZZQ/range/1/day/2024-06-27/2024-06-28", {},
        [_bar(SHORT, "thursday", v=100, t=THURSDAY_MS), _bar(SHORT, "friday", v=200, t=FRIDAY_MS)],
        _polygon, _below("results"), 1, ("o", "h", "l", "c"), ("h", "l"), "v", "t",
        (THURSDAY_MS + DAY_MS, FRIDAY_MS + DAY_MS), (THURSDAY_MS - DAY_MS, FRIDAY_MS - DAY_MS),
    ),
    "polygon grouped": Sample(
        "polygon", "/v2/aggs/grouped/locale/us/market/stocks/2024-06-28", {},
        [_bar(SHORT, "friday", T="ZZQ", v=200, t=FRIDAY_MS)],
        _polygon, _below("results"), 0, ("o", "h", "l", "c"), ("h", "l"), "v", "t",
        (FRIDAY_MS + DAY_MS,), (FRIDAY_MS - DAY_MS,),
    ),
    "polygon dividends": Sample(
        "polygon", "/stocks/v1/dividends", {"ticker.any_of": "ZZQ,ZZR"},
        [{"ticker": "ZZQ", "cash_amount": 0.25, "ex_dividend_date": "2024-06-28", "id": "E1"}],
        _polygon, _below("results"), 0,
    ),
    "polygon news": Sample(
        "polygon", "/v2/reference/news", {"ticker": "ZZQ"},
        [{"id": "n1", "title": "ZZQ opens", "published_utc": "2024-06-28T14:05:00Z",
          "tickers": ["ZZQ", "ZZR"]}],
        _polygon, _below("results"), 0, headline="title",
    ),
    "fmp full": Sample(
        "fmp", "/historical-price-eod/full", {"symbol": "ZZQ"},
        [_bar(LONG, "friday", symbol="ZZQ", date="2024-06-28", volume=200),
         _bar(LONG, "thursday", symbol="ZZQ", date="2024-06-27", volume=100)],
        _dump, _below(), 0, ("open", "high", "low", "close"), ("high", "low"), "volume", "date",
        **ISO,
    ),
    "fmp unadjusted": Sample(
        "fmp", "/historical-price-eod/non-split-adjusted", {"symbol": "ZZQ"},
        [_bar(ADJUSTED, "friday", symbol="ZZQ", date="2024-06-28", volume=200),
         _bar(ADJUSTED, "thursday", symbol="ZZQ", date="2024-06-27", volume=100)],
        _dump, _below(), 0, ("adjOpen", "adjHigh", "adjLow", "adjClose"), ("adjHigh", "adjLow"),
        "volume", "date", **ISO,
    ),
    "fmp light": Sample(
        "fmp", "/historical-price-eod/light", {"symbol": "ZZQ"},
        [{"symbol": "ZZQ", "date": "2024-06-28", "price": 22.0, "volume": 200},
         {"symbol": "ZZQ", "date": "2024-06-27", "price": 11.0, "volume": 100}],
        _dump, _below(), 0, ("price",), None, "volume", "date", **ISO,
    ),
    "fmp statement": Sample(
        "fmp", "/key-metrics", {"symbol": "ZZQ"},
        [{"symbol": "ZZQ", "date": "2024-06-28", "fiscalYear": "2024", "earningsYield": 0.05},
         {"symbol": "ZZQ", "date": "2024-06-27", "fiscalYear": "2023", "earningsYield": 0.04}],
        _dump, _below(), 0, ("earningsYield",), day="date", **ISO,
    ),
    "fmp rates": Sample(
        "fmp", "/treasury-rates", {},
        [{"date": "2024-06-28", "month3": 5.5, "year10": 4.4},
         {"date": "2024-06-27", "month3": 5.4, "year10": 4.3}],
        _dump, _below(), 0, ("month3", "year10"), day="date", **ISO,
    ),
    "finnhub candles": Sample(
        "finnhub", "/stock/candle", {"symbol": "ZZQ"},
        [_bar(SHORT, "thursday", v=100, t=THURSDAY_S), _bar(SHORT, "friday", v=200, t=FRIDAY_S)],
        _candles, _read_candles, 1, ("o", "h", "l", "c"), ("h", "l"), "v", "t",
        (THURSDAY_S + DAY_S, FRIDAY_S + DAY_S), (THURSDAY_S - DAY_S, FRIDAY_S - DAY_S),
    ),
    "finnhub news": Sample(
        "finnhub", "/company-news", {"symbol": "ZZQ"},
        [{"id": 2, "datetime": FRIDAY_S, "headline": "ZZQ opens", "related": "ZZQ", **STORY},
         {"id": 1, "datetime": THURSDAY_S, "headline": "ZZQ plans", "related": "ZZR", **STORY}],
        _dump, _below(), 0, headline="headline",
    ),
    "finnhub quote": Sample(
        "finnhub", "/quote", {"symbol": "ZZQ"},
        [_bar(SHORT, "friday", d=11.0, dp=100.0, pc=11.0, t=FRIDAY_S)],
        lambda rows: _dump(rows[0]), _below(), 0, ("o", "h", "l", "c"), ("h", "l"), None, "t",
        (FRIDAY_S + DAY_S,), (FRIDAY_S - DAY_S,),
    ),
    "fred observations": Sample(
        "fred", "/series/observations", {"series_id": "DGS10"},
        [{"realtime_start": "2024-07-01", "date": "2024-06-27", "value": "4.29"},
         {"realtime_start": "2024-07-01", "date": "2024-06-28", "value": "4.36"}],
        lambda rows: _dump({"count": 2, "offset": 0, "observations": rows}),
        _below("observations"), 1, ("value",), day="date", missing=".", nan="NaN",
        late=("2024-06-28", "2024-06-29"), early=("2024-06-26", "2024-06-27"),
    ),
    "fred csv": Sample(
        "fred_graph", "/fredgraph.csv", {"id": "DGS10"},
        [{"observation_date": "2024-06-27", "DGS10": "4.29"},
         {"observation_date": "2024-06-28", "DGS10": "4.36"}],
        _csv, _read_csv, 1, ("DGS10",), day="observation_date",
        content_type="application/csv", missing="", nan="NaN",
        late=("2024-06-28", "2024-06-29"), early=("2024-06-26", "2024-06-27"),
    ),
    "cboe csv": Sample(
        "cboe", "/api/global/us_indices/daily_prices/VIX_History.csv", {},
        [{"DATE": "06/27/2024", "OPEN": "10.0", "HIGH": "12.0", "LOW": "9.0", "CLOSE": "11.0"},
         {"DATE": "06/28/2024", "OPEN": "20.0", "HIGH": "24.0", "LOW": "18.0", "CLOSE": "22.0"}],
        _csv, _read_csv, 1, ("OPEN", "HIGH", "LOW", "CLOSE"), ("HIGH", "LOW"), None, "DATE",
        ("06/28/2024", "06/29/2024"), ("06/26/2024", "06/27/2024"),
        content_type="text/csv", missing="", nan="NaN",
    ),
    "cboe single": Sample(
        "cboe", "/api/global/us_indices/daily_prices/VVIX_History.csv", {},
        [{"DATE": "12/29/2023", "VVIX": "80.5"}, {"DATE": "01/02/2024", "VVIX": "90.5"}],
        _csv, _read_csv, 1, ("VVIX",), day="DATE", content_type="text/csv", missing="", nan="NaN",
        late=("12/30/2023", "01/03/2024"), early=("12/28/2023", "01/01/2024"),
    ),
    "cboe quote": Sample(
        "cboe", "/api/global/delayed_quotes/quotes/_VIX.json", {},
        [_bar(LONG, "friday", symbol="^VIX", current_price=22.0,
              last_trade_time="2024-06-28T16:15:00")],
        lambda rows: _dump({"timestamp": "2024-06-28 20:15:00", "data": rows[0]}), _below("data"),
        0, ("open", "high", "low", "close", "current_price"), ("high", "low"), None,
        "last_trade_time", ("2024-06-29T16:15:00",), ("2024-06-27T16:15:00",),
    ),
    "yahoo chart": Sample(
        "yahoo", "/v8/finance/chart/ZZQ", {},
        [_bar(LONG, "thursday", timestamp=THURSDAY_S, volume=100, adjclose=11.0),
         _bar(LONG, "friday", timestamp=FRIDAY_S, volume=200, adjclose=22.0)],
        _chart, _read_chart, 1, ("open", "high", "low", "close", "adjclose"), ("high", "low"),
        "volume", "timestamp",
        (THURSDAY_S + DAY_S, FRIDAY_S + DAY_S), (THURSDAY_S - DAY_S, FRIDAY_S - DAY_S),
    ),
}  # fmt: skip
