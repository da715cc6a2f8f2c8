"""Finnhub: company news, and for paying customers its own score of them."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ingestion.errors import (
    AuthError,
    BadPayloadError,
    EntitlementError,
    IngestionError,
    TransientError,
)
from ingestion.limits import Allowance
from ingestion.profile import ProviderProfile, Reply
from ingestion.responses import ResponseLabel
from ingestion.source import Answer, Source
from ingestion.symbols import checked_symbol
from ingestion.tables import plain_text, typed_rows
from ingestion.windows import check_moments
from warehouse.sessions import NEW_YORK

NEWS, NEWS_SENTIMENT = "raw.finnhub__company_news", "raw.finnhub__news_sentiment"
TRUNCATED_ROWS = 240
"""An answer of so many rows was cut: about 250 newest ones are sent whatever the window."""

PAID_PATHS = ("/stock/candle", "/stock/split", "/stock/dividend", "/news-sentiment")


def refusal(reply: Reply) -> IngestionError | None:
    """The error behind an answer, by its text first: plan refusals were seen as 401 and as 403."""
    if reply.is_list:
        return None
    lowered, told = reply.error_text.lower(), reply.told
    if "don't have access" in lowered or '"error":"403"' in lowered.replace(" ", ""):
        return EntitlementError(told, scope=_reach(reply.url))
    if "limit reached" in lowered:
        return TransientError(told)
    if reply.status == 401 or "api key" in lowered:
        return AuthError(told)
    if reply.status == 200 and lowered.replace(" ", "").startswith('{"error":'):
        return BadPayloadError(told)
    return None


def _reach(url: str) -> str:
    """How far a plan's refusal reaches: all symbols of a paid endpoint, or the one of an exchange.

    A dot may name a foreign exchange (RY.TO), which plans exclude on their own.
    """
    parts = urlsplit(url)
    symbol = parse_qs(parts.query).get("symbol", [""])[0]
    return "endpoint" if parts.path.endswith(PAID_PATHS) and "." not in symbol else "symbol"


PROFILE = ProviderProfile(
    name="finnhub",
    refusal=refusal,
    allowances=(Allowance(60, 60.0), Allowance(30, 1.0)),
    key_header="X-Finnhub-Token",
)


def fetch_company_news(source: Source, symbol: str, first: date, last: date) -> Answer:
    """Stories of the days, newest ones only if they are many (see `TRUNCATED_ROWS`)."""

    def parse(reply: Reply) -> Answer:
        stories = reply.json()
        if not isinstance(stories, list):
            raise BadPayloadError("finnhub sent news that are no list")
        moments = [datetime.fromtimestamp(story["datetime"], UTC) for story in stories]
        check_moments(moments, first, last, reply)
        rows = [
            (
                str(story["id"]),
                symbol,
                moment,
                plain_text(story["headline"]),
                plain_text(story.get("summary")),
                plain_text(story.get("source")),
                plain_text(story.get("url")),
            )
            for story, moment in zip(stories, moments, strict=True)
        ]
        return Answer(typed_rows(NEWS, rows, reply))

    params = {"symbol": checked_symbol(symbol), "from": first.isoformat(), "to": last.isoformat()}
    label = ResponseLabel("company_news", symbol, first, last)
    return source.ask("/company-news", label, parse, params=params)


def fetch_news_sentiment(source: Source, symbol: str) -> Answer:
    """Finnhub's reading of a symbol's trailing week: one row of the fetch's New York date.

    The answer has neither date nor history, so it is known from the moment of the fetch on. A week
    without articles comes as zeros, which are no opinion: no row.
    """

    def parse(reply: Reply) -> Answer:
        payload = reply.json()
        if not isinstance(payload, dict) or payload.get("symbol", symbol) != symbol:
            raise BadPayloadError(f"finnhub sent no news sentiment of {symbol}")
        rows = [(symbol, reply.fetched_at.astimezone(NEW_YORK).date(), *_reading(payload))]
        is_known = bool(payload.get("sentiment")) and (payload["buzz"]["articlesInLastWeek"] or 0)
        return Answer(typed_rows(NEWS_SENTIMENT, rows if is_known else [], reply))

    params = {"symbol": checked_symbol(symbol)}
    return source.ask(
        "/news-sentiment", ResponseLabel("news_sentiment", symbol), parse, params=params
    )


def _reading(payload: Mapping[str, Any]) -> tuple[Any, ...]:
    """Score, bullish and bearish share, and buzz; what is said must lie where it can."""
    shares = payload.get("sentiment") or {}
    score, bullish, bearish = (
        payload.get("companyNewsScore"),
        shares.get("bullishPercent"),
        shares.get("bearishPercent"),
    )
    for value in (score, bullish, bearish):
        if value is not None and not 0 <= value <= 1:
            raise BadPayloadError(f"finnhub sent a share of {value!r}, which is none")
    return score, bullish, bearish, (payload.get("buzz") or {}).get("buzz")
