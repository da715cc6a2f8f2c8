"""Finnhub's free pages: company news and quotes; the paid ones refuse as they really do."""

from datetime import UTC, date, datetime, time, timedelta

from ingestion.sandbox.news import PUBLISHER, SUMMARY
from ingestion.sandbox.wire.http import BadParameterError, Reply, Request, json_reply, not_found
from warehouse.sessions import NEWS_CUTOFF

NEWS_CAP = 250  # newest stories, whatever the window, and nothing says so
PAID = (
    "/stock/candle", "/news-sentiment", "/stock/split", "/stock/dividend", "/stock/dividend2",
)  # fmt: skip


def answer_finnhub(request: Request) -> Reply:
    """Serve one page; errors are flat objects with one key."""
    key = request.headers.get("x-finnhub-token") or request.query.get("token")
    if not key:
        return json_reply({"error": "Please use an API key."}, 401)
    if key != request.key:
        return json_reply({"error": "Invalid API key."}, 401)
    if request.path in PAID:
        return json_reply({"error": "You don't have access to this resource."}, 403)
    pages = {"/company-news": _company_news, "/quote": _quote}
    if request.path not in pages:
        return not_found()
    try:
        return pages[request.path](request)
    except BadParameterError as error:
        return json_reply({"error": f"Missing or wrong parameter: {error}"}, 422)


def _asked_symbol(request: Request) -> str:
    symbol = request.query.get("symbol")
    if not symbol:
        raise BadParameterError("symbol")
    return symbol


def _company_news(request: Request) -> Reply:
    symbol = _asked_symbol(request)
    if not (request.query.get("from") and request.query.get("to")):
        raise BadParameterError("from, to")
    first, last = request.day("from", date.min), request.day("to", date.max)
    since = datetime.combine(first, time(), UTC)
    until = datetime.combine(last, time(), UTC) + timedelta(days=1, seconds=-1)
    newest = request.view.stories(symbol, since, until)[-NEWS_CAP:]
    return json_reply(
        [
            {
                "category": "company",
                "datetime": int(story.published_at.timestamp()),
                "headline": story.headline,
                "id": story.story_id,
                "image": "",
                # the name a story was written for, which need not be the one asked about
                "related": story.tickers[0],
                "source": PUBLISHER,
                "summary": SUMMARY,
                "url": f"https://sandbox.example/news/{story.story_id}",
            }
            for story in reversed(newest)
        ]
    )


def _quote(request: Request) -> Reply:
    """The last session; while one is open, the price it opened at. Unknown names are all zeros."""
    symbol, view = _asked_symbol(request), request.view
    bars = view.bars(symbol, view.first_day, view.today)
    closed = [(bar, bar.close) for bar in bars if bar.close is not None][-2:]
    if not closed:
        zeros = dict.fromkeys(("c", "h", "l", "o", "pc", "t"), 0)
        return json_reply({**zeros, "d": None, "dp": None})
    (_, before), (last, close) = closed[0], closed[-1]
    high, low, open_price = last.high, last.low, last.open
    moment = view.market.sessions.at(last.day, NEWS_CUTOFF)
    opening = view.opening(symbol)
    if opening is not None:
        before, close, moment = close, opening, view.now
        high = low = open_price = opening
    change = close - before
    return json_reply(
        {
            "c": close,
            "d": round(change, 4),
            "dp": round(100 * change / before, 4),
            "h": high,
            "l": low,
            "o": open_price,
            "pc": before,
            "t": int(moment.timestamp()),
        }
    )
