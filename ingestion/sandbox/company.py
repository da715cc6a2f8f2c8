"""What a simulated company earns and owns, quarter by quarter.

Profits follow the slow market value of the year before and shrink under stress, so a report
foretells nothing that the price has not shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

from ingestion.sandbox.catalogue import Instrument
from ingestion.sandbox.streams import stream

TURNOVER_PER_SESSION = 0.008  # share of a company that changes hands in a calm session
HARMLESS_STRESS = 0.45
TAX_FRACTION = 0.21
INTEREST_PER_QUARTER = 0.011  # on debt
KEPT_FRACTION = 0.6  # of what dividends leave; the rest buys shares back
LOWEST_EQUITY_TO_WORTH = 0.08
FISCAL_YEAR_ENDS = (12, 12, 12, 12, 12, 12, 9, 6, 1)  # months; repeats are odds
NET_MARGIN = {
    "technology": 0.21, "banks": 0.24, "energy": 0.09, "health": 0.17,
    "staples": 0.14, "retail": 0.05, "media": 0.12,
}  # fmt: skip
ASSETS_TO_EQUITY = {"banks": 10.0}
USUAL_ASSETS_TO_EQUITY = 2.3
HOLIDAY_SEASON = {"retail": 0.18}  # what the last quarter of a calendar year sells more


class Company(NamedTuple):
    """What never changes about a company.

    `first_shares`: at the listing. `share_growth` and `earnings_yield`: fractions a year.
    `seasonality`: sales of the four calendar quarters over the usual.
    """

    sector: str
    fiscal_year_end_month: int
    first_shares: float
    share_growth: float
    earnings_yield: float
    net_margin: float
    gross_margin: float
    first_book_to_price: float
    seasonality: tuple[float, ...]


@dataclass(frozen=True)
class Figures:
    """The figures of one period in whole USD: flows first, then what stands at its end."""

    revenue: int
    gross_profit: int
    research: int
    operating_income: int
    interest_expense: int
    net_income: int
    dividends_paid: int
    depreciation: int
    capital_expenditure: int
    equity: int
    total_assets: int
    total_debt: int
    cash: int
    current_assets: int
    current_liabilities: int

    @property
    def income_before_tax(self) -> int:
        """Operating income after interest."""
        return self.operating_income - self.interest_expense

    @property
    def free_cash_flow(self) -> int:
        """Net income and depreciation, less what was invested."""
        return self.net_income + self.depreciation - self.capital_expenditure


FLOWS = tuple(field.name for field in fields(Figures))[:9]


def company_of(listed: Instrument, seed: int) -> Company:
    """Draw a company's character."""
    draw = stream(seed, listed.symbol, "company")
    month = int(draw.choice(FISCAL_YEAR_ENDS))
    margin = NET_MARGIN[listed.sector] * float(draw.uniform(0.75, 1.3))
    season = draw.uniform(-0.05, 0.05, 4)
    season[3] += HOLIDAY_SEASON.get(listed.sector, 0.0)
    return Company(
        sector=listed.sector,
        fiscal_year_end_month=month,
        first_shares=listed.dollar_volume / TURNOVER_PER_SESSION / listed.start_usd,
        share_growth=float(draw.uniform(-0.025, 0.008)),
        earnings_yield=float(draw.uniform(0.04, 0.07)),
        net_margin=margin,
        gross_margin=min(margin + float(draw.uniform(0.18, 0.38)), 0.85),
        first_book_to_price=float(draw.uniform(0.2, 0.6)),
        seasonality=tuple((1 + season - season.mean()).tolist()),
    )


def quarter_figures(
    company: Company,
    *,
    worth_usd: float,
    stress: float,
    season: float,
    luck: Sequence[float],
    equity_before_usd: float,
    dividends_usd: float,
) -> Figures:
    """Compute one quarter.

    Parameters
    ----------
    worth_usd : slow market value of the company. stress : the quarter's average, 0 to 1.
    season : sales over the usual. luck : two standard normal numbers, of sales and of margin.
    """
    usual_sales = worth_usd * company.earnings_yield / company.net_margin / 4
    revenue = usual_sales * season * (1 + 0.03 * luck[0])
    hardship = 1.6 * max(stress - HARMLESS_STRESS, 0.0)
    net_income = revenue * company.net_margin * (1 + 0.2 * luck[1] - hardship)
    retained = KEPT_FRACTION * max(net_income - dividends_usd, 0.0)
    loss = min(net_income - dividends_usd, 0.0)
    equity = max(equity_before_usd + retained + loss, LOWEST_EQUITY_TO_WORTH * worth_usd)
    assets = equity * ASSETS_TO_EQUITY.get(company.sector, USUAL_ASSETS_TO_EQUITY)
    debt = 0.35 * equity
    interest = INTEREST_PER_QUARTER * debt
    before_tax = net_income / (1 - TAX_FRACTION) if net_income > 0 else net_income
    return Figures(
        revenue=round(revenue),
        gross_profit=round(revenue * company.gross_margin),
        research=round(revenue * (0.12 if company.sector in ("technology", "health") else 0.01)),
        operating_income=round(before_tax + interest),
        interest_expense=round(interest),
        net_income=round(net_income),
        dividends_paid=round(dividends_usd),
        depreciation=round(0.05 * revenue),
        capital_expenditure=round(0.06 * revenue),
        equity=round(equity),
        total_assets=round(assets),
        total_debt=round(debt),
        cash=round(0.12 * assets),
        current_assets=round(0.38 * assets),
        current_liabilities=round(0.38 * assets / (1.1 + company.net_margin)),
    )


def year_figures(quarters: Sequence[Figures]) -> Figures:
    """Add up the flows of four quarters; what stands at the end is the last one's."""
    sums = {name: sum(getattr(quarter, name) for quarter in quarters) for name in FLOWS}
    return replace(quarters[-1], **sums)
