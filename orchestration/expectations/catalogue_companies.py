"""Gate 1 on what is known of companies, and on the Treasury rates that stand in for the bill rate.

No decision reads a company figure, a profile or a provider's opinion of the news, and a quarantine
freezes its symbol whatever the table: these claims only warn. What must never reach a feature is
kept out before landing and in staging.
"""

# A claim reads as one entry of a table, not as eight lines.
# fmt: off
from orchestration.expectations.catalogue_shared import landed_columns, one_row
from orchestration.expectations.claims import Between, Claim, OneOf, Suite
from orchestration.expectations.thresholds import (
    EARNINGS_YIELD_RANGE,
    LARGEST_RETURN_ON_EQUITY,
    SERIES_RANGES,
)


def _figures(table: str, key: tuple[str, ...], *more: Claim) -> Suite:
    return Suite(
        name=table.removeprefix("raw."),
        gate=1,
        table=table,
        grain="One row per figure.",
        subject=("symbol",),
        dated_by="period_end_date",
        shown=("fiscal_period", "metric", "value"),
        claims=(
            landed_columns(*key, "value"),
            one_row(*key),
            Claim("figures_are_numbers", "is_number", OneOf((True,)), "warn",
                  "A provider without a figure sends none; infinity is a division by zero."),
            Claim("periods_are_over", "days_after_fetch", Between(high=0), "warn",
                  "Nobody reports a year that has not ended."),
            Claim("returns_on_equity_are_believable", "return_on_equity",
                  Between(-LARGEST_RETURN_ON_EQUITY, LARGEST_RETURN_ON_EQUITY), "warn",
                  "Buybacks leave some companies hardly any equity (HD above 10 in 2019); fifty "
                  "times the equity in a year is a wrong unit."),
            *more,
        ),
    )


FMP_FIGURES = _figures(
    "raw.fmp__fundamentals",
    ("symbol", "statement", "period_end_date", "fiscal_period", "metric"),
    Claim("acceptances_follow_their_period", "days_accepted_early", Between(high=0), "warn",
          "A report is accepted after the period that it is about; an earlier stamp would let "
          "decisions know it too soon."),
    Claim("earnings_yields_are_believable", "earnings_yield", Between(*EARNINGS_YIELD_RANGE),
          "warn",
          "A year's loss of five times the market value, or a profit of twice it, is a wrong share "
          "count."),
)
FINNHUB_FIGURES = _figures(
    "raw.finnhub__fundamentals", ("symbol", "period_end_date", "fiscal_period", "metric")
)
FIGURES = (FMP_FIGURES, FINNHUB_FIGURES)

PROFILES = Suite(
    name="fmp__profiles",
    gate=1,
    table="raw.fmp__profiles",
    grain="One row per symbol.",
    subject=("symbol",),
    dated_by="day",
    shown=("name", "sector"),
    claims=(
        landed_columns("symbol", "name", "sector", "is_etf"),
        one_row("symbol"),
        Claim("names_are_not_blank", "is_blank", OneOf((False,)), "warn",
              "A profile without a name is another company's page, or none."),
    ),
)

STORY_OPINIONS = Suite(
    name="polygon__news_sentiment",
    gate=1,
    table="raw.polygon__news_sentiment",
    grain="One row per story and symbol.",
    subject=("symbol",),
    dated_by="day",
    shown=("story_id", "sentiment", "published_at"),
    claims=(
        landed_columns("story_id", "symbol", "published_at", "sentiment"),
        one_row("story_id", "symbol"),
        Claim("opinions_are_known", "sentiment", OneOf(("positive", "neutral", "negative")), "warn",
              "Polygon's three words; another one would count as nothing."),
        Claim("stories_are_not_from_the_future", "minutes_after_fetch", Between(high=0), "warn",
              "As of the story itself, whose own row is withheld."),
    ),
)

WEEKLY_OPINIONS = Suite(
    name="finnhub__news_sentiment",
    gate=1,
    table="raw.finnhub__news_sentiment",
    grain="One row per symbol and day of the fetch.",
    subject=("symbol",),
    dated_by="observed_date",
    shown=("company_news_score", "bullish_fraction", "bearish_fraction"),
    claims=(
        landed_columns("symbol", "observed_date", "company_news_score", "bullish_fraction",
                       "bearish_fraction"),
        one_row("symbol", "observed_date"),
        Claim("fractions_lie_between_0_and_1", "fraction_excess", Between(high=0), "warn",
              "Shares of a week's articles, and a score that Finnhub scales alike; percent are a "
              "changed unit."),
    ),
)

TREASURY_RATES = Suite(
    name="fmp__treasury_rates",
    gate=1,
    table="raw.fmp__treasury_rates",
    grain="One row per maturity and observation date.",
    subject=("maturity",),
    dated_by="observed_date",
    shown=("value",),
    claims=(
        landed_columns("maturity", "observed_date", "value"),
        one_row("maturity", "observed_date"),
        Claim("rates_are_believable", "value",
              Between(SERIES_RANGES["DGS3MO"].low, SERIES_RANGES["DGS3MO"].high), "quarantine",
              "The bill's own range: 17.01 in 1981, -0.05 in 2020.",
              "a rate outside its believable range"),
    ),
)
