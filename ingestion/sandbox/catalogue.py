"""What the simulated market lists: instruments, index files and macro series.

Tickers are borrowed so that the default universe runs; every number is made up. Names that are
not listed here get a character drawn from the seed, so that any universe can be simulated.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from ingestion.sandbox.streams import stream

MARKET_START = date(2010, 1, 4)
VXX_GAP = (date(2019, 1, 30), date(2019, 5, 1))  # both without a bar: the old note had matured
SVXY_HALVED = date(2018, 2, 28)  # first session at -0.5 times the index instead of -1

Kind = Literal["stock", "market_fund", "bond_fund", "volatility_fund"]


@dataclass(frozen=True)
class Instrument:
    """The character of one listed name.

    `own_volatility_annual`: deviation of the return that market and sector do not explain.
    `dividend_yield_annual`: 0 for a name that pays none. `split_above_usd` and `split_below_usd`:
    raw prices at which the shares are split, or joined. `dollar_volume`: traded in a calm session.
    `stories_per_session`: how often the news mentions it. `partner`: who shares some stories.
    """

    symbol: str
    kind: Kind
    sector: str
    start_usd: float
    beta: float = 1.0
    own_volatility_annual: float = 0.0
    dividend_yield_annual: float = 0.0
    split_above_usd: float = 400.0
    split_below_usd: float = 0.0
    dollar_volume: float = 4.0e8
    stories_per_session: float = 0.0
    partner: str | None = None
    first_day: date = MARKET_START
    last_day: date | None = None
    special_dividend_year: int | None = None


def _stock(
    symbol: str,
    sector: str,
    start_usd: float,
    character: tuple[float, float, float],
    split_above_usd: float,
    dollar_volume: float,
    news: tuple[float, str | None],
    special_dividend_year: int | None = None,
) -> Instrument:
    beta, own_volatility, dividend_yield = character
    return Instrument(
        symbol, "stock", sector, start_usd, beta, own_volatility, dividend_yield, split_above_usd,
        dollar_volume=dollar_volume, stories_per_session=news[0], partner=news[1],
        special_dividend_year=special_dividend_year,
    )  # fmt: skip


_STOCKS = (
    _stock("AAPL", "technology", 62.0, (1.15, 0.20, 0.010), 150, 6.0e9, (0.62, "MSFT")),
    _stock("MSFT", "technology", 34.0, (1.05, 0.17, 0.014), 120, 4.2e9, (0.50, "AAPL")),
    _stock("AMZN", "retail", 71.0, (1.20, 0.24, 0.0), 210, 4.4e9, (0.55, "WMT")),
    _stock("GOOGL", "technology", 88.0, (1.05, 0.19, 0.0), 240, 3.1e9, (0.48, "MSFT")),
    _stock("NVDA", "technology", 19.0, (1.45, 0.33, 0.0), 110, 3.6e9, (0.45, "INTC")),
    _stock("JPM", "banks", 43.0, (1.20, 0.16, 0.026), 120, 1.6e9, (0.36, "BAC")),
    _stock("BAC", "banks", 22.0, (1.35, 0.20, 0.022), 85, 1.4e9, (0.31, "JPM")),
    _stock("XOM", "energy", 66.0, (0.95, 0.16, 0.034), 150, 1.3e9, (0.30, "CVX")),
    _stock("CVX", "energy", 74.0, (1.00, 0.17, 0.036), 160, 1.0e9, (0.26, "XOM")),
    _stock("JNJ", "health", 58.0, (0.65, 0.12, 0.026), 140, 1.0e9, (0.28, "PFE")),
    _stock("PFE", "health", 24.0, (0.75, 0.15, 0.032), 80, 9.0e8, (0.27, "JNJ")),
    _stock("PG", "staples", 59.0, (0.60, 0.12, 0.025), 140, 9.0e8, (0.21, "KO")),
    _stock("KO", "staples", 31.0, (0.60, 0.11, 0.030), 85, 8.0e8, (0.20, "PG")),
    _stock("WMT", "retail", 52.0, (0.65, 0.14, 0.020), 125, 9.0e8, (0.32, "AMZN")),
    _stock("HD", "retail", 37.0, (1.00, 0.15, 0.021), 130, 1.1e9, (0.22, "WMT")),
    _stock("DIS", "media", 36.0, (1.05, 0.17, 0.011), 120, 1.0e9, (0.33, "CMCSA")),
    _stock("CSCO", "technology", 27.0, (1.05, 0.17, 0.026), 90, 8.0e8, (0.24, "INTC"), 2019),
    _stock("INTC", "technology", 25.0, (1.15, 0.21, 0.024), 85, 1.1e9, (0.29, "NVDA")),
    _stock("CMCSA", "media", 21.0, (0.95, 0.17, 0.022), 75, 7.0e8, (0.16, "DIS")),
    _stock("EBAY", "retail", 29.0, (1.10, 0.22, 0.0), 95, 5.0e8, (0.13, "AMZN")),
)

DELISTED = Instrument(
    "ZZDL", "stock", "retail", 27.0, beta=1.2, own_volatility_annual=0.32, dollar_volume=6.0e7,
    stories_per_session=0.15, last_day=date(2022, 3, 18),
)  # fmt: skip

_FUNDS = (
    Instrument("SPY", "market_fund", "market", 114.0, dividend_yield_annual=0.018,
               split_above_usd=2000, dollar_volume=2.4e10),
    Instrument("HYG", "bond_fund", "high_yield", 88.0, dollar_volume=1.1e9),
    Instrument("LQD", "bond_fund", "investment_grade", 104.0, dollar_volume=1.0e9),
    Instrument("AGG", "bond_fund", "aggregate", 103.0, dollar_volume=5.0e8),
    Instrument("TLT", "bond_fund", "treasury", 92.0, dollar_volume=1.6e9),
    Instrument("SVXY", "volatility_fund", "short_volatility", 50.0, split_above_usd=130,
               split_below_usd=11, dollar_volume=2.5e8, first_day=date(2011, 10, 4)),
    Instrument("VXX", "volatility_fund", "long_volatility", 110.0, split_above_usd=500,
               split_below_usd=15, dollar_volume=1.2e9),
)  # fmt: skip

LISTED: dict[str, Instrument] = {
    instrument.symbol: instrument for instrument in (*_STOCKS, *_FUNDS, DELISTED)
}
DEFAULT_SYMBOLS: tuple[str, ...] = tuple(LISTED)

INDEX_STARTS: dict[str, date] = {
    "VIX": MARKET_START,
    "VIX9D": date(2011, 1, 4),
    "VIX3M": MARKET_START,
    "VIX6M": MARKET_START,
    "VVIX": MARKET_START,
}
SERIES_IDS = ("BAMLH0A0HYM2", "BAMLC0A0CM", "DGS3MO", "DGS10", "DFF", "VIXCLS")


def instrument(symbol: str, seed: int) -> Instrument:
    """Return a name's character: the listed one, else an ordinary stock drawn from the seed."""
    if symbol in LISTED:
        return LISTED[symbol]
    draw = stream(seed, symbol, "character")
    return Instrument(
        symbol,
        "stock",
        str(draw.choice(["technology", "banks", "energy", "health", "staples", "retail", "media"])),
        start_usd=round(float(draw.uniform(18, 80)), 2),
        beta=round(float(draw.uniform(0.6, 1.4)), 2),
        own_volatility_annual=round(float(draw.uniform(0.13, 0.28)), 3),
        dividend_yield_annual=round(float(draw.choice([0.0, draw.uniform(0.01, 0.035)])), 3),
        split_above_usd=float(draw.integers(120, 300)),
        dollar_volume=float(draw.integers(100, 900)) * 1e6,
        stories_per_session=round(float(draw.uniform(0.1, 0.4)), 2),
    )
