"""What Finnhub itself thinks of a company's news: one snapshot per symbol and night."""

from collections.abc import Sequence

from ingestion.chains import CHAINS, Tally
from ingestion.errors import AuthError, EntitlementError, OfflineError, QuotaError
from ingestion.providers import finnhub
from ingestion.run import Held, Run

FINNHUB, _ = CHAINS["news_sentiment"]
TOLD_ELSEWHERE = (AuthError, QuotaError, EntitlementError, OfflineError)
"""Failures of a provider as a whole, which are told once, and what was to be expected."""


def collect_news_sentiment(run: Run, symbols: Sequence[str]) -> Tally:
    """Tonight's snapshot of every symbol, where the plan gives it.

    It stands beside our own scores and decides nothing, so a failure is a remark and no more. A
    plan without it is no failure: the refusal is remembered, and `mqp doctor` shows it.
    """
    tally = Tally("news_sentiment", tuple(symbols), is_required=False)
    for symbol, held in run.each("news scores", symbols, lambda name: _ask(run, name)).items():
        tally.add(FINNHUB, symbol, held)
        if held.error and not isinstance(held.error, TOLD_ELSEWHERE):
            run.journal.report(
                FINNHUB.provider, FINNHUB.dataset, symbol, held.error, is_degrading=False
            )
    return tally


def _ask(run: Run, symbol: str) -> Held:
    wanted = run.wanted
    return run.refresh(
        FINNHUB,
        symbol,
        lambda first, last: Held(
            finnhub.fetch_news_sentiment(run.sources["finnhub"], symbol).table
        ),
        first=wanted.first_day,
        last=wanted.night,
        expected=None,
    )
