"""A market with every kind of trouble: gaps, quarantines, revisions, late rows, a leaver."""

from datetime import date, timedelta

from tests.dbt.intraday_market import add_bars, session_bars
from tests.dbt.synthetic import Market, land_market, make_market
from warehouse.connection import Connection
from warehouse.context import Member
from warehouse.sessions import new_york_sessions

SESSIONS = new_york_sessions()
FIRST, LANDED, NIGHT = date(2015, 9, 1), date(2017, 6, 21), date(2017, 6, 23)
CUT = date(2017, 6, 20)
MEMBERS = (Member("AAA"), Member("BBB"), Member("CCC", to_date=date(2017, 6, 21)))

BAD_BAR = CUT  # AAA: quarantined that night, a good version lands the night after
BAD_POLYGON_BAR = date(2017, 6, 14)  # CCC: quarantined from Polygon, FMP has a good one
BAD_INDEX = date(2017, 5, 8)  # VIX: quarantined, never released
SHORT_GAP = SESSIONS.between(date(2017, 6, 19), date(2017, 6, 21))  # BBB, HYG: no bars
LONG_GAP = SESSIONS.between(date(2016, 10, 3), date(2016, 10, 14))  # BBB, HYG, SVXY: gone
NO_OAS = SESSIONS.between(date(2017, 1, 9), date(2017, 1, 20))
REVISED_OAS = date(2017, 4, 3)
BAD_INTRADAY = date(2017, 6, 14)  # SPY: Polygon's quarantined and released, Finnhub has its own
BAR_TABLES = ("polygon__daily_bars", "fmp__daily_prices")


def troubled_market(first_day: date = FIRST) -> tuple[Market, Market]:
    """(what the first batch says, what the night after adds and corrects)."""
    symbols = [member.symbol for member in MEMBERS]
    whole = make_market(symbols, SESSIONS, SESSIONS.between(first_day, NIGHT))
    first = Market(whole.days, SESSIONS.decided_at(BAD_BAR) + timedelta(hours=1))
    second = Market(whole.days, SESSIONS.decided_at(LANDED) - timedelta(minutes=1))
    third = Market(whole.days, whole.fetched_at)
    for table, rows in whole.rows.items():
        for row in rows:
            if not is_missing(table, row):
                spread_over_batches(table, row, (first, second, third))
    revised = {"series_id": "BAMLH0A0HYM2", "observed_date": REVISED_OAS}
    second.add("fred__observations", **revised, value=9.99, source_endpoint="api")
    second.add("fmp__treasury_rates", maturity="month3", observed_date=REVISED_OAS, value=1.23)
    second.rows["fmp__fundamentals"] = [
        {**row, "value": 2 * row["value"]}
        for row in first.rows["fmp__fundamentals"]
        if row["symbol"] == "AAA" and row["period_end_date"].year == REVISED_OAS.year - 1
    ]
    add_intraday_bars(first, second, third)
    for batch in (second, third):
        for rows in batch.rows.values():
            for row in rows:
                row.setdefault("fetched_at", batch.fetched_at)
    for table, rows in third.rows.items():
        second.rows.setdefault(table, []).extend(rows)
    return first, second


def add_intraday_bars(first: Market, second: Market, third: Market) -> None:
    """SPY's of some weeks; those of one session a second time, and from another provider."""
    bars = session_bars("SPY", SESSIONS, SESSIONS.between(date(2017, 5, 22), NIGHT), seed=1)
    is_late, is_bad = bars["session_date"] > CUT, bars["session_date"] == BAD_INTRADAY
    add_bars(first, bars[~is_late])
    add_bars(first, bars[is_bad], provider="finnhub")
    add_bars(second, bars[is_bad].assign(close=lambda rows: rows["low"]))
    add_bars(third, bars[is_late])


def is_missing(table: str, row: dict[str, object]) -> bool:
    day = row.get("session_date") or row.get("observed_date")
    if table in BAR_TABLES:
        gaps = {"BBB": LONG_GAP + SHORT_GAP, "HYG": LONG_GAP + SHORT_GAP, "SVXY": LONG_GAP}
        return day in gaps.get(str(row["symbol"]), ())
    return str(row.get("series_id", "")).startswith("BAML") and day in NO_OAS


def spread_over_batches(table: str, row: dict[str, object], batches: tuple[Market, ...]) -> None:
    """Land a row in the first batch that could know it; a bad copy of some a batch earlier."""
    first, second, third = batches
    published = row.get("published_at")
    day = row.get("session_date") or row.get("observed_date") or row.get("execution_date")
    day = day or row.get("ex_dividend_date") or row.get("period_end_date") or published.date()
    if day < BAD_BAR or (day == BAD_BAR and not published and "observed_date" not in row):
        if table in BAR_TABLES and row["symbol"] == "AAA" and day == BAD_BAR:
            second.add(table, **row)
            row = {**row, "close": float("nan"), "low": -1.0}
        if table == BAR_TABLES[0] and row["symbol"] == "CCC" and day == BAD_POLYGON_BAR:
            row = {**row, "close": 1e6}
        first.add(table, **row)
    else:
        third.add(table, **row)


def quarantine(connection: Connection, dataset: str, symbol: str, day: date) -> None:
    connection.execute(
        "insert into quality.quarantine values (?, ?, ?, ?, 'bad', ?, ?, null, null, 1, 1)",
        [f"raw.{dataset}", symbol, day, day, day, SESSIONS.decided_at(day)],
    )


def release(connection: Connection, dataset: str, symbol: str, day: date, night: date) -> None:
    connection.execute(
        "insert into quality.quarantine "
        "values (?, ?, ?, ?, 'bad', ?, ?, ?, 'a good row came', 2, 1)",
        [
            f"raw.{dataset}",
            symbol,
            day,
            day,
            night,
            SESSIONS.decided_at(day),
            SESSIONS.decided_at(night),
        ],
    )


def land_troubled(ledger: Connection, batches: tuple[Market, ...]) -> None:
    """Land the batches of the market with what gate 1 found in them."""
    for batch in batches:
        land_market(ledger, batch, SESSIONS)
    for table in BAR_TABLES:
        quarantine(ledger, table, "AAA", BAD_BAR)
        release(ledger, table, "AAA", BAD_BAR, LANDED)
    quarantine(ledger, BAR_TABLES[0], "CCC", BAD_POLYGON_BAR)
    quarantine(ledger, "cboe__index_history", "VIX", BAD_INDEX)
    quarantine(ledger, "polygon__intraday_bars", "SPY", BAD_INTRADAY)
    release(ledger, "polygon__intraday_bars", "SPY", BAD_INTRADAY, LANDED)
