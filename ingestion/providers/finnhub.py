"""Finnhub: company news. Its daily candles, splits and dividends are for paying customers."""

from datetime import UTC, date, datetime

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

NEWS = "raw.finnhub__company_news"
TRUNCATED_ROWS = 240
"""An answer of so many rows was cut: about 250 newest ones are sent whatever the window."""


def refusal(reply: Reply) -> IngestionError | None:
    """The error behind an answer, by its text first: plan refusals were seen as 401 and as 403."""
    lowered, told = reply.error_text.lower(), reply.told
    if "don't have access" in lowered or '"error":"403"' in lowered.replace(" ", ""):
        return EntitlementError(told, scope="symbol")
    if "limit reached" in lowered:
        return TransientError(told)
    if reply.status == 401 or "api key" in lowered:
        return AuthError(told)
    if reply.status == 200 and lowered.replace(" ", "").startswith('{"error":'):
        return BadPayloadError(told)
    return None


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
