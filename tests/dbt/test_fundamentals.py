"""Company figures from the ledger to the features, each number worked by hand."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest

from tests.dbt.conftest import DbtHome, frame, new_home
from tests.dbt.synthetic import Market, land_market, utc
from warehouse.connection import connect
from warehouse.sessions import NEW_YORK, new_york_sessions

pytestmark = pytest.mark.xdist_group("dbt_fundamentals")

SESSIONS = new_york_sessions()
DAYS = SESSIONS.between(date(2016, 12, 1), date(2017, 6, 30))
SPLIT_DAY = date(2017, 3, 15)
YEAR_END = date(2016, 12, 31)  # a Saturday
SYMBOLS = ("LATE", "LAG", "SNAP", "SOON", "BOTH", "SPY")


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def add_figure(
    market: Market, symbol: str, metric: str, value: float | None, **row: object
) -> None:
    market.add(
        "fmp__fundamentals",
        **{
            "symbol": symbol,
            "statement": "key_metrics",
            "period_end_date": YEAR_END,
            "fiscal_period": "FY",
            "metric": metric,
            "value": value,
            "fetched_at": utc("2017-04-04T02:00:00"),
            **row,
        },
    )


def reporting_market() -> tuple[Market, Market]:
    """(what the first landing says, what a later one restates). Every close is 100 USD.

    LATE splits 4-for-1 on 2017-03-15 and closes at 50 USD from then on, that is, at twice its
    value; its report is accepted at 16:45, after the decision of 2017-02-22, and restated later.
    SOON's is accepted between bar and decision, LAG's never. SNAP is known to Finnhub alone, BOTH
    to FMP a month after Finnhub.
    """
    market = Market(DAYS, SESSIONS.decided_at(SESSIONS.next_session(DAYS[-1])) + timedelta(hours=6))
    for symbol in SYMBOLS:
        for day in DAYS:
            close = 50.0 if symbol == "LATE" and day >= SPLIT_DAY else 100.0
            prices = dict.fromkeys(("open", "high", "low", "close"), close)
            bar = {"symbol": symbol, "session_date": day, **prices, "volume": 1e6}
            market.add("polygon__daily_bars", **bar, adjustment_mode="none")
    market.add("polygon__splits", symbol="LATE", execution_date=SPLIT_DAY, split_from=1, split_to=4)
    for symbol, accepted in (
        ("LATE", "2017-02-22T16:45"),
        ("SOON", "2017-03-01T16:20"),
        ("BOTH", "2017-03-31T08:00"),
        ("LAG", None),
    ):
        accepted_at = new_york(accepted) if accepted else None
        add_figure(market, symbol, "earningsYield", 0.05, accepted_at=accepted_at)
        add_figure(market, symbol, "returnOnEquity", 0.18, accepted_at=accepted_at)
    quarter = {"period_end_date": date(2017, 1, 31), "fiscal_period": "Q4"}
    add_figure(market, "LAG", "returnOnEquity", 0.04, **quarter)
    for symbol in ("SNAP", "BOTH"):
        for metric, value in (("peTTM", 20.0), ("roeTTM", 15.5)):
            market.add(
                "finnhub__fundamentals",
                symbol=symbol,
                period_end_date=date(2017, 3, 1),
                fiscal_period="snapshot",
                metric=metric,
                value=value,
                fetched_at=new_york("2017-03-01T18:30"),
            )
    later = Market(DAYS, market.fetched_at)
    accepted_at = new_york("2017-02-22T16:45")
    restated = {"accepted_at": accepted_at, "fetched_at": new_york("2017-04-10T18:30")}
    add_figure(later, "LATE", "earningsYield", 0.06, **restated)
    return market, later


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> DbtHome:
    """The market built at its last night."""
    home = new_home(tmp_path_factory.mktemp("fundamentals"))
    with connect(home.home.ledger) as connection:
        for batch in reporting_market():
            version = land_market(connection, batch, SESSIONS)
    home.begin(DAYS[-1], ledger_version=version, members=[])
    home.dbt("run", "--select", "+fct_equity_features")
    return home


@pytest.fixture
def features(reported: DbtHome) -> pd.DataFrame:
    with connect(reported.home.build, read_only=True) as connection:
        found = frame(
            connection,
            "select symbol, session_date::varchar as day, earnings_yield, return_on_equity, "
            "available_at from marts.fct_equity_features",
        )
    return found.set_index(["symbol", "day"])


@pytest.mark.parametrize(
    ("symbol", "last_unknown", "first_known"),
    [
        ("LATE", "2017-02-22", "2017-02-23"),  # accepted at 16:45: too late for that session
        ("SOON", "2017-02-28", "2017-03-01"),  # accepted at 16:20
        ("LAG", "2017-03-30", "2017-03-31"),  # 90 days after the year's end
        ("SNAP", "2017-03-01", "2017-03-02"),  # fetched at 18:30
    ],
)
def test_figure_counts_from_the_first_decision_that_could_know_it(
    features: pd.DataFrame, symbol: str, last_unknown: str, first_known: str
) -> None:
    assert pd.isna(features.return_on_equity[symbol, last_unknown])
    assert features.earnings_yield[symbol, first_known] == pytest.approx(0.05, abs=1e-15)


def test_yield_falls_by_what_the_price_gains_and_not_by_its_split(features: pd.DataFrame) -> None:
    """4 shares of 50 USD are what 1 share of 100 USD was: 0.05 x 100 / (4 x 50) = 0.025."""
    assert features.earnings_yield["LATE", "2017-03-14"] == pytest.approx(0.05, abs=1e-15)
    assert features.earnings_yield["LATE", "2017-03-15"] == pytest.approx(0.025, abs=1e-15)
    assert features.return_on_equity["LATE", "2017-03-15"] == 0.18


def test_restated_figure_counts_from_its_fetch_on(features: pd.DataFrame) -> None:
    """Fetched on 2017-04-10 at 18:30: 0.06 x 100 / 200 = 0.03 from the next session on."""
    assert features.earnings_yield["LATE", "2017-04-10"] == pytest.approx(0.025, abs=1e-15)
    assert features.earnings_yield["LATE", "2017-04-11"] == pytest.approx(0.03, abs=1e-15)


def test_fiscal_year_of_fmp_replaces_the_snapshot_of_finnhub(features: pd.DataFrame) -> None:
    assert features.return_on_equity["BOTH", "2017-03-30"] == pytest.approx(0.155, abs=1e-15)
    assert features.return_on_equity["BOTH", "2017-03-31"] == 0.18


def test_row_is_available_when_its_newest_input_is(features: pd.DataFrame) -> None:
    available = features.available_at.dt.tz_convert(NEW_YORK)

    assert str(available["SOON", "2017-02-28"])[:16] == "2017-02-28 16:15"
    assert str(available["SOON", "2017-03-01"])[:16] == "2017-03-01 16:20"
    assert str(available["SOON", "2017-03-02"])[:16] == "2017-03-02 16:15"


def test_fund_has_no_figures(features: pd.DataFrame) -> None:
    assert features.loc["SPY"][["earnings_yield", "return_on_equity"]].isna().all(axis=None)


def test_quarter_without_acceptance_is_known_after_60_days(reported: DbtHome) -> None:
    with connect(reported.home.build, read_only=True) as connection:
        row = connection.execute(
            "select available_at from staging.stg_fmp__fundamentals where fiscal_period = 'Q4'"
        ).fetchone()

    assert row == (new_york("2017-04-01T00:00"),)
