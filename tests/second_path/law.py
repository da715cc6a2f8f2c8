"""What the design declares: universe, parameters of every variant, costs. Written from the text."""

from dataclasses import dataclass
from datetime import date

CORE_EQUITIES = (
    "AAPL", "MSFT", "AMZN", "GOOGL", "NVDA", "JPM", "BAC", "XOM", "CVX", "JNJ",
    "PFE", "PG", "KO", "WMT", "HD", "DIS", "CSCO", "INTC", "CMCSA", "EBAY",
)  # fmt: skip
OTHER_SYMBOLS = ("SPY", "HYG", "LQD", "SVXY", "VXX", "AGG", "TLT")

HY_OAS, IG_OAS, BILL = "BAMLH0A0HYM2", "BAMLC0A0CM", "DGS3MO"
INDEX_NAMES = ("VIX9D", "VIX", "VIX3M", "VIX6M", "VVIX")

OAS_MAX_AGE_SESSIONS = 5
FROZEN_SESSIONS_AFTER_LAST_BAR = 5
NOT_TRADABLE_AFTER_SESSIONS = 5

ANNUAL_LAG_DAYS = 90
FIGURES_MAX_AGE_DAYS = 550
PERIOD_CLOSE_MAX_AGE_DAYS = 7

INITIAL_EQUITY_USD = 1_000_000.0
COST_FRACTION = (1 + 1 + 3) / 10_000  # commission, half-spread, slippage
BORROW_FRACTION_ANNUAL = 0.005


@dataclass(frozen=True)
class EquityStyle:
    entry_sentiment: float
    exit_sentiment: float
    has_rsi_rules: bool


EQUITY_STYLES = {
    "balanced": EquityStyle(0.00, -0.05, True),
    "conservative": EquityStyle(0.10, -0.03, True),
    "aggressive": EquityStyle(-0.05, -0.10, False),
}
EQUITY_MODES = ("position", "event")
STOP_FRACTION = 0.95
RSI_LOW, RSI_HIGH = 30.0, 70.0


@dataclass(frozen=True)
class CreditVariant:
    rule: str  # zscore or momentum
    z_entry: float = 1.0
    has_percentile: bool = False
    lower_percentile: float = 0.10
    upper_percentile: float = 0.90
    momentum_sessions: int = 60


CREDIT_VARIANTS = {
    "zscore_percentile": CreditVariant("zscore", has_percentile=True),
    "zscore": CreditVariant("zscore"),
    "momentum_ratio": CreditVariant("momentum"),
    "zscore_percentile_z1.5": CreditVariant("zscore", z_entry=1.5, has_percentile=True),
    "zscore_z1.5": CreditVariant("zscore", z_entry=1.5),
    "momentum_ratio_w120": CreditVariant("momentum", momentum_sessions=120),
}
CREDIT_LEG_WEIGHT = 0.5

CONTANGO_RATIO, BACKWARDATION_RATIO = 0.98, 1.02


@dataclass(frozen=True)
class VolatilityVariant:
    shorts_volatility: bool
    buys_volatility: bool
    vix_cap: float = 30.0
    contango_ratio: float = CONTANGO_RATIO


VOLATILITY_VARIANTS = {
    "contango": VolatilityVariant(True, False),
    "backwardation": VolatilityVariant(False, True),
    "both": VolatilityVariant(True, True),
    "contango_v25": VolatilityVariant(True, False, vix_cap=25.0),
    "both_v25": VolatilityVariant(True, True, vix_cap=25.0),
    "contango_r0.95": VolatilityVariant(True, False, contango_ratio=0.95),
}
VOLATILITY_WEIGHT_PER_LEVERAGE = 0.5
SVXY_HALVED_FROM = date(2018, 2, 28)
VXX_NONE_FROM, VXX_NONE_TO = date(2019, 1, 30), date(2019, 5, 1)

DEFAULT_VARIANTS = {
    "equities": "balanced_position",
    "credit": "zscore_percentile",
    "volatility": "contango",
}


def leverage(symbol: str, session: date) -> float:
    """Leverage per unit of a fund as effective on a session."""
    if symbol != "SVXY":
        return 1.0
    return -0.5 if session >= SVXY_HALVED_FROM else -1.0


def is_instrument(symbol: str, session: date) -> bool:
    """Whether the symbol names a tradable instrument on a session."""
    return symbol != "VXX" or not VXX_NONE_FROM <= session <= VXX_NONE_TO
