"""Finnhub: who may see what, company news, quotes, and a score of the week's news."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from ingestion.sandbox.news import PUBLISHER, SUMMARY, Story
from ingestion.sandbox.wire.finnhub_metric import basic_financials
from ingestion.sandbox.wire.finnhub_prices import candles, dividends, splits
from ingestion.sandbox.wire.http import (
    BadParameterError,
    Reply,
    Request,
    asked_symbol,
    json_reply,
    not_found,
)
from warehouse.sessions import NEWS_CUTOFF

NEWS_CAP = 250  # newest stories, whatever the window, and nothing says so
FREE_NEWS_DAYS = 365
PAID = (
    "/stock/candle", "/news-sentiment", "/stock/split", "/stock/dividend", "/stock/dividend2",
)  # fmt: skip
USUAL_WEEKS = 52


def answer_finnhub(request: Request) -> Reply:
    """Serve one page; errors are flat objects with one key."""
    key = request.headers.get("x-finnhub-token") or request.query.get("token")
    if not key:
        return json_reply({"error": "Please use an API key."}, 401)
    if key != request.key:
        return json_reply({"error": "Invalid API key."}, 401)
    if request.path in PAID and request.view.plan == "free":
        return json_reply({"error": "You don't have access to this resource."}, 403)
    if request.path not in PAGES:
        return not_found()
    try:
        return PAGES[request.path](request)
    except BadParameterError as error:
        return json_reply({"error": f"Missing or wrong parameter: {error}"}, 422)


def _company_news(request: Request) -> Reply:
    symbol, view = asked_symbol(request), request.view
    if not (request.query.get("from") and request.query.get("to")):
        raise BadParameterError("from, to")
    first, last = request.day("from", date.min), request.day("to", date.max)
    if view.plan == "free":
        first = max(first, view.today - timedelta(days=FREE_NEWS_DAYS))
    since = datetime.combine(first, time(), UTC)
    until = datetime.combine(last, time(), UTC) + timedelta(days=1, seconds=-1)
    newest = view.stories(symbol, since, until)[-NEWS_CAP:]
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


def _news_sentiment(request: Request) -> Reply:
    """A snapshot of the trailing week without a date; a name without stories has zeros."""
    symbol, view = asked_symbol(request), request.view
    year = view.stories(symbol, view.now - timedelta(weeks=USUAL_WEEKS), view.now)
    week = [story for story in year if story.published_at > view.now - timedelta(weeks=1)]
    usual = round(len(year) / USUAL_WEEKS, 2)
    bullish, bearish = _share(week, "positive"), _share(week, "negative")
    return json_reply(
        {
            "buzz": {
                "articlesInLastWeek": len(week),
                "buzz": round(len(week) / usual, 4) if usual else 0.0,
                "weeklyAverage": usual,
            },
            "companyNewsScore": round(0.5 + 0.5 * (bullish - bearish), 4) if week else 0.0,
            "sectorAverageBullishPercent": 0.55,
            "sectorAverageNewsScore": 0.51,
            "sentiment": {"bearishPercent": bearish, "bullishPercent": bullish},
            "symbol": symbol,
        }
    )


def _share(stories: list[Story], tone: str) -> float:
    told = sum(story.tone == tone for story in stories)
    return round(told / len(stories), 4) if stories else 0.0


def _quote(request: Request) -> Reply:
    """The last session; while one is open, the price it opened at. Unknown names are all zeros."""
    symbol, view = asked_symbol(request), request.view
    bars = view.columns(symbol, view.first_day, view.today)
    closed = np.flatnonzero(~np.isnan(bars.close))[-2:]
    if not len(closed):
        zeros = dict.fromkeys(("c", "h", "l", "o", "pc", "t"), 0)
        return json_reply({**zeros, "d": None, "dp": None})
    before, close = bars.close[closed[[0, -1]]].tolist()
    at, open_price, high, low = (column[closed[-1]].item() for column in bars[:4])
    moment = view.market.sessions.at(view.market.days[at], NEWS_CUTOFF)
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


PAGES: dict[str, Callable[[Request], Reply]] = {
    "/company-news": _company_news,
    "/quote": _quote,
    "/news-sentiment": _news_sentiment,
    "/stock/candle": candles,
    "/stock/metric": basic_financials,
    "/stock/split": splits,
    "/stock/dividend": dividends,
}
