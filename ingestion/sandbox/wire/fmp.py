"""Financial Modeling Prep's stable pages: who may see what, and which page answers."""

from collections.abc import Callable

from ingestion.sandbox.wire.fmp_company import (
    income_statement,
    key_metrics,
    profile,
    ratios,
)
from ingestion.sandbox.wire.fmp_market import stock_news, treasury_rates
from ingestion.sandbox.wire.fmp_prices import (
    dividend_adjusted_prices,
    dividends,
    full_prices,
    light_prices,
    raw_prices,
    splits,
)
from ingestion.sandbox.wire.http import (
    BadParameterError,
    Reply,
    Request,
    json_reply,
    text_reply,
)

PRICES = "/historical-price-eod"
PAGES: dict[str, Callable[[Request], Reply]] = {
    f"{PRICES}/full": full_prices,
    f"{PRICES}/light": light_prices,
    f"{PRICES}/dividend-adjusted": dividend_adjusted_prices,
    f"{PRICES}/non-split-adjusted": raw_prices,
    "/splits": splits,
    "/dividends": dividends,
    "/profile": profile,
    "/key-metrics": key_metrics,
    "/ratios": ratios,
    "/income-statement": income_statement,
    "/news/stock": stock_news,
    "/treasury-rates": treasury_rates,
}
STATEMENTS = ("/key-metrics", "/ratios", "/income-statement")
PAID_PAGES = ("/news/stock",)
FREE_SAMPLE = frozenset(
    ("AAPL", "MSFT", "AMZN", "GOOGL", "NVDA", "JPM", "BAC", "XOM", "CVX", "JNJ", "PFE", "KO",
     "WMT", "DIS", "CSCO", "INTC", "SPY", "VXX")
)  # fmt: skip
"""The real plan's sample is fixed, undocumented, and about half of the large names."""

FREE_ROWS = 5
UPGRADE = "under your current subscription please visit our subscription page to upgrade your plan"


def answer_fmp(request: Request) -> Reply:
    """Serve one page; refusals of a plan are plain text, all others objects with one key."""
    key = request.headers.get("apikey") or request.query.get("apikey", "")
    if key != request.key:
        text = "Invalid API KEY. Feel free to create a Free API Key or visit the FAQ."
        return json_reply({"Error Message": text}, 401)
    if request.path.startswith(("/api/v3/", "/api/v4/")):
        text = "Legacy Endpoint : Due to Legacy endpoints being no longer supported - This endpoint"
        return json_reply({"Error Message": f"{text} is only available for legacy users."}, 403)
    if request.path not in PAGES:
        return json_reply([], 404)
    try:
        if request.view.plan == "free" and (problem := _refusal(request)):
            return text_reply(problem, 402, "text/plain; charset=utf-8")
        return PAGES[request.path](request)
    except BadParameterError as error:
        text = f"Query Error: Invalid or missing query parameter - {error}"
        return json_reply({"Error Message": text}, 400)


def _refusal(request: Request) -> str | None:
    """What the free plan says to this page, symbol, period or parameter; None if it may be seen."""
    symbol, view = request.query.get("symbol", ""), request.view
    if request.path in PAID_PAGES:
        return f"Restricted Endpoint: This endpoint is not available {UPGRADE}"
    if symbol in view.listed and symbol not in FREE_SAMPLE:
        return _special("symbol")
    if request.path in STATEMENTS:
        if request.query.get("period", "annual") not in ("annual", "FY"):
            return _special("period")
        if request.number("limit", FREE_ROWS, lowest=0, highest=10**6) > FREE_ROWS:
            return (
                "Premium Query Parameter: 'Special Parameters : The values for 'limit' must be "
                f"between 0 and {FREE_ROWS} {UPGRADE}'"
            )
    return None


def _special(parameter: str) -> str:
    return (
        "Premium Query Parameter: 'Special Endpoint : This value set for "
        f"'{parameter}' is not available {UPGRADE}'"
    )
