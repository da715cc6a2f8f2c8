"""FMP's stock news and Treasury rates."""

from datetime import UTC, date, datetime, time, timedelta

from ingestion.sandbox.macro import MISSING
from ingestion.sandbox.news import PUBLISHER, SUMMARY
from ingestion.sandbox.wire.http import BadParameterError, Reply, Request, json_reply
from warehouse.sessions import NEW_YORK

MOST_STORIES, MOST_PAGES, DEFAULT_STORIES = 250, 100, 20
LONGEST_WINDOW = timedelta(days=90)
PLACE_ON_CURVE = {
    "month1": -0.03, "month2": -0.01, "month3": 0.0, "month6": 0.05, "year1": 0.14, "year2": 0.32,
    "year3": 0.45, "year5": 0.68, "year7": 0.85, "year10": 1.0, "year20": 1.18, "year30": 1.15,
}  # fmt: skip
"""Where a maturity lies between the 3-month bill (0) and the ten-year note (1)."""


def stock_news(request: Request) -> Reply:
    """`/news/stock`: newest first; stamps are New York wall time without saying so."""
    symbols = [text for text in request.query.get("symbols", "").split(",") if text]
    if not symbols:
        raise BadParameterError("symbols")
    first, last = request.day("from", date(1970, 1, 1)), request.day("to", request.view.today)
    since = datetime.combine(first, time(), NEW_YORK).astimezone(UTC)
    until = datetime.combine(last, time(23, 59, 59), NEW_YORK).astimezone(UTC)
    size = request.number("limit", DEFAULT_STORIES, lowest=1, highest=MOST_STORIES)
    page = request.number("page", 0, lowest=0, highest=MOST_PAGES)
    told = sorted(
        (
            (story.published_at, story.story_id, symbol, story.headline)
            for symbol in dict.fromkeys(symbols)
            for story in request.view.stories(symbol, since, until)
        ),
        reverse=True,
    )
    return json_reply(
        [
            {
                "symbol": symbol,
                "publishedDate": f"{published_at.astimezone(NEW_YORK):%Y-%m-%d %H:%M:%S}",
                "publisher": PUBLISHER,
                "title": headline,
                "image": "https://sandbox.example/story.png",
                "site": "sandbox.example",
                "text": SUMMARY,
                "url": f"https://sandbox.example/news/{story_id}",
            }
            for published_at, story_id, symbol, headline in told[page * size : (page + 1) * size]
        ]
    )


def treasury_rates(request: Request) -> Reply:
    """`/treasury-rates`: percent, newest first; at most 90 days up to `to`, and nothing says so."""
    view = request.view
    last = min(request.day("to", view.today), view.today)
    first = max(request.day("from", date.min), last - LONGEST_WINDOW)
    bill, note = (
        {
            row.day: float(row.value)
            for row in view.observations(series_id, known_at=view.now)
            if first <= row.day <= last and row.value != MISSING
        }
        for series_id in ("DGS3MO", "DGS10")
    )
    rows = []
    for day in sorted(bill.keys() & note.keys(), reverse=True):
        slope = note[day] - bill[day]
        rates = {
            maturity: round(bill[day] + place * slope, 2)
            for maturity, place in PLACE_ON_CURVE.items()
        }
        rows.append({"date": day.isoformat(), **rates})
    return json_reply(rows)
