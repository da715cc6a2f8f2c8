"""Every endpoint that the platform uses, with the smallest request that shows what a plan gives.

The one table that `mqp doctor` walks through; `mqp ping` asks one endpoint of each provider.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from ingestion.capabilities import TODAY
from ingestion.chains import CHAINS
from warehouse.sessions import Sessions

Reading = Literal["rows", "lines", "quote", "first_observation"]
Key = tuple[str, str]
HISTORY = "history"
"""The subject of a plan whose history ends: a fact that doctor shows and no night asks for."""

YEARS_BACK = 9


@dataclass(frozen=True)
class Endpoint:
    """One endpoint of one provider.

    `dataset`: the feed that it serves, by which its last good answer is found. `target` and
    `params` may name the days of `ProbeDays` in braces. `cost`: what the night lacks without it.
    `subject`: whom a refusal is remembered for. `fact`: under which name, where several endpoints
    share a dataset and the refusal of one must not close the others. `chain`: where its feed stands
    in several chains. `reading`: the shape that counts as an answer.
    """

    provider: str
    name: str
    dataset: str
    target: str
    params: Mapping[str, str]
    cost: str
    subject: str = "AAPL"
    fact: str = ""
    chain: str = ""
    reading: Reading = "rows"
    is_ping: bool = False

    @property
    def key(self) -> Key:
        """Provider and name, which tell every endpoint apart."""
        return self.provider, self.name

    @property
    def remembered_as(self) -> str:
        """The dataset under which the capability table knows its refusal."""
        return self.fact or self.dataset

    @property
    def serves(self) -> str:
        """The dataset in whose chain it stands; empty for what is read beside the chains."""
        if self.chain:
            return self.chain
        for dataset, feeds in CHAINS.items():
            if any(
                (feed.provider, feed.dataset) == (self.provider, self.dataset) for feed in feeds
            ):
                return dataset
        return ""


@dataclass(frozen=True)
class ProbeDays:
    """The days that requests name, in New York: today, sessions before it, and long ago."""

    today: date
    previous: date
    week_ago: date
    long_ago: date
    first: date
    morning_epoch: int
    evening_epoch: int

    @classmethod
    def of(cls, today: date, sessions: Sessions, *, first: date) -> "ProbeDays":
        """The days seen from one New York date; `first` is where a night's history begins."""
        previous = sessions.session_on_or_before(today - timedelta(days=1))
        asked = sessions.session_on_or_before(today - timedelta(days=365 * YEARS_BACK))
        decided = sessions.decided_at(previous)
        return cls(
            today=today,
            previous=previous,
            week_ago=today - timedelta(days=7),
            long_ago=max(asked, first),
            first=first,
            # a daily candle is stamped with its session's midnight in UTC
            morning_epoch=int((decided - timedelta(hours=30)).timestamp()),
            evening_epoch=int(decided.timestamp()),
        )

    def filled(self, text: str) -> str:
        """A target or parameter with its days."""
        return text.format(**vars(self))


_ONE = {"symbol": "AAPL", "limit": "1"}
_DAY = {"symbol": "AAPL", "from": "{previous}", "to": "{previous}"}
_RAW = {"adjusted": "false"}
_YEAR = {**_ONE, "period": "annual"}
_OAS = "BAMLH0A0HYM2"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "polygon", "splits", "splits", "/stocks/v1/splits", {"ticker": "AAPL", "limit": "1"},
        "splits come from the old path", is_ping=True, fact="splits_v1",
    ),
    Endpoint(
        "polygon", "daily bars", "daily_bars",
        "/v2/aggs/ticker/AAPL/range/1/day/{previous}/{previous}", _RAW,
        "bars come from the next provider of the chain, symbol by symbol",
    ),
    Endpoint(
        "polygon", "today's bar", "daily_bars",
        "/v2/aggs/ticker/AAPL/range/1/day/{today}/{today}", _RAW,
        "an evening night lacks the session just closed and is DEGRADED", subject=TODAY,
    ),
    Endpoint(
        "polygon", "bars of long ago", "daily_bars",
        "/v2/aggs/ticker/AAPL/range/1/day/{long_ago}/{long_ago}", _RAW,
        "backtests begin where the plan's history begins", subject=HISTORY,
    ),
    Endpoint(
        "polygon", "grouped daily bars", "daily_bars",
        "/v2/aggs/grouped/locale/us/market/stocks/{previous}", _RAW,
        "a warm night needs one request per symbol instead of one per session",
        fact="grouped_daily_bars",
    ),
    Endpoint(
        "polygon", "dividends", "dividends", "/stocks/v1/dividends",
        {"ticker": "AAPL", "limit": "1"}, "dividends come from the old path", fact="dividends_v1",
    ),
    Endpoint(
        "polygon", "splits, old path", "splits", "/v3/reference/splits",
        {"ticker": "AAPL", "limit": "1"}, "nothing while the new path answers", fact="splits_v3",
    ),
    Endpoint(
        "polygon", "dividends, old path", "dividends", "/v3/reference/dividends",
        {"ticker": "AAPL", "limit": "1"}, "nothing while the new path answers", fact="dividends_v3",
    ),
    Endpoint(
        "polygon", "news", "news", "/v2/reference/news", {"ticker": "AAPL", "limit": "1"},
        "news come from FMP when Finnhub fails, a day late and on paid plans only",
    ),
    Endpoint(
        "polygon", "intraday bars", "intraday_bars",
        "/v2/aggs/ticker/SPY/range/5/minute/{previous}/{previous}", _RAW,
        "no 5-minute bars are stored", subject="SPY",
    ),
    Endpoint(
        "fmp", "splits", "splits", "/splits", _ONE,
        "splits have no second source when Polygon fails", is_ping=True,
    ),
    Endpoint(
        "fmp", "daily prices, unadjusted", "daily_prices",
        "/historical-price-eod/non-split-adjusted", _DAY,
        "bars come from the split-adjusted flavour, taken back", fact="unadjusted_prices",
    ),
    Endpoint(
        "fmp", "daily prices of a fund", "daily_prices",
        "/historical-price-eod/non-split-adjusted", {**_DAY, "symbol": "HYG"},
        "FMP cannot stand in for Polygon: its sample leaves funds and many stocks out",
        subject="HYG",
    ),
    Endpoint(
        "fmp", "daily prices, split-adjusted", "daily_prices", "/historical-price-eod/full", _DAY,
        "nothing: used where the unadjusted flavour is refused", fact="daily_prices_full",
    ),
    Endpoint(
        "fmp", "closes only", "daily_prices", "/historical-price-eod/light", _DAY,
        "nothing: no night asks for it", fact="daily_prices_light",
    ),
    Endpoint(
        "fmp", "daily prices, dividend-adjusted", "daily_prices",
        "/historical-price-eod/dividend-adjusted", _DAY,
        "nothing: no night asks for it", fact="daily_prices_dividend_adjusted",
    ),
    Endpoint(
        "fmp", "dividends", "dividends", "/dividends", _ONE,
        "dividends have no second source when Polygon fails",
    ),
    Endpoint(
        "fmp", "news", "news", "/news/stock", {"symbols": "AAPL", "limit": "1", "page": "0"},
        "nothing while Finnhub or Polygon deliver news",
    ),
    Endpoint(
        "fmp", "profile", "profile", "/profile", {"symbol": "AAPL"},
        "names and sectors come from the built-in list",
    ),
    Endpoint(
        "fmp", "income statements", "income_statement", "/income-statement", _YEAR,
        "no acceptance times: fundamentals count 90 days after the year's end",
    ),
    Endpoint(
        "fmp", "quarterly statements", "income_statement_quarter", "/income-statement",
        {**_YEAR, "period": "quarter"}, "nothing: the features read fiscal years",
    ),
    Endpoint(
        "fmp", "key metrics", "key_metrics", "/key-metrics", _YEAR,
        "earnings yield and return on equity are empty",
    ),
    Endpoint(
        "fmp", "ratios", "ratios", "/ratios", _YEAR, "nothing that a strategy reads",
    ),
    Endpoint(
        "fmp", "treasury rates", "treasury_rates", "/treasury-rates",
        {"from": "{week_ago}", "to": "{today}"}, "nothing while FRED delivers the bill rate",
        subject="*",
    ),
    Endpoint(
        "finnhub", "quote", "quote", "/quote", {"symbol": "AAPL"},
        "nothing: it only shows how fresh Finnhub is", reading="quote", is_ping=True,
    ),
    Endpoint(
        "finnhub", "company news", "company_news", "/company-news",
        {"symbol": "AAPL", "from": "{previous}", "to": "{today}"},
        "news come from Polygon or FMP; without all three, sentiment counts as 0",
    ),
    Endpoint(
        "finnhub", "basic financials", "metric", "/stock/metric",
        {"symbol": "AAPL", "metric": "all"}, "fundamentals have no second source when FMP fails",
    ),
    Endpoint(
        "finnhub", "candles", "daily_candles", "/stock/candle",
        {"symbol": "AAPL", "resolution": "D", "from": "{morning_epoch}", "to": "{evening_epoch}"},
        "one source of bars less behind Polygon and FMP",
    ),
    Endpoint(
        "finnhub", "splits", "splits", "/stock/split", _DAY,
        "one source of splits less behind Polygon and FMP",
    ),
    Endpoint(
        "finnhub", "dividends", "dividends", "/stock/dividend", _DAY,
        "one source of dividends less behind Polygon and FMP",
    ),
    Endpoint(
        "finnhub", "news sentiment", "news_sentiment", "/news-sentiment", {"symbol": "AAPL"},
        "nothing: headlines are scored here, the provider's score is kept beside",
    ),
    Endpoint(
        "fred", "bill rate", "observations", "/series/observations",
        {"series_id": "DGS3MO", "limit": "1", "sort_order": "desc", "file_type": "json"},
        "macro series come from the keyless file, which stalls for some networks",
        subject="DGS3MO", is_ping=True,
    ),
    Endpoint(
        "fred", "first spread", "observations", "/series/observations",
        {"series_id": _OAS, "limit": "1", "file_type": "json", "observation_start": "{first}"},
        "credit percentiles begin where the spreads begin", subject=_OAS,
        reading="first_observation",
    ),
    Endpoint(
        "fred", "vintages", "observations", "/series/observations",
        {"series_id": "DGS3MO", "limit": "1", "file_type": "json", "realtime_start": "{week_ago}",
         "realtime_end": "{today}"},
        "nothing: revisions are kept as they are seen", subject="DGS3MO", fact="vintages",
    ),
    Endpoint(
        "fred", "VIX closes", "observations", "/series/observations",
        {"series_id": "VIXCLS", "limit": "1", "sort_order": "desc", "file_type": "json"},
        "VIX has no second source when Cboe fails", subject="VIXCLS",
        chain="older_index_closes",
    ),
    Endpoint(
        "fred_graph", "bill rate", "observations", "/fredgraph.csv",
        {"id": "DGS3MO", "cosd": "{week_ago}", "coed": "{today}"},
        "macro series have no second source when the API fails", subject="DGS3MO",
        reading="lines", is_ping=True,
    ),
    Endpoint(
        "cboe", "delayed quote", "delayed_quotes",
        "/api/global/delayed_quotes/quotes/_VIX.json", {},
        "an evening night before 20:30 lacks tonight's index closes", subject="VIX", is_ping=True,
    ),
    Endpoint(
        "cboe", "index history", "index_history",
        "/api/global/us_indices/daily_prices/VIX_History.csv", {},
        "no term structure: the volatility strategy is not decided", subject="VIX",
        reading="lines",
    ),
    Endpoint(
        "yahoo", "chart", "daily_bars", "/v8/finance/chart/AAPL",
        {"range": "5d", "interval": "1d", "events": "div,splits"},
        "nothing: the last resort for bars, used only where it is switched on", is_ping=True,
    ),
)  # fmt: skip
