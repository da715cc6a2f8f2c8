"""A market with every kind of trouble, built at its last night and as it stood earlier.

What was decided by the earlier moment must be there and be equal: no table moves its past.
"""

import shutil
from collections.abc import Iterator
from datetime import date

import pandas as pd
import pytest

from tests.dbt.conftest import DbtHome, frame, new_home
from tests.dbt.troubled import (
    BAD_BAR,
    BAD_INDEX,
    BAD_INTRADAY,
    BAD_POLYGON_BAR,
    CUT,
    LANDED,
    LONG_GAP,
    MEMBERS,
    NIGHT,
    NO_OAS,
    REVISED_OAS,
    SESSIONS,
    SHORT_GAP,
    land_troubled,
    troubled_market,
)
from warehouse.connection import Connection, connect

pytestmark = pytest.mark.xdist_group("dbt_troubled")


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> dict[date, DbtHome]:
    """The same ledger built at the last night and as of the cut."""
    fresh = new_home(tmp_path_factory.mktemp("troubled"))
    with connect(fresh.home.ledger) as connection:
        land_troubled(connection, troubled_market())
    homes = {}
    for night in (CUT, NIGHT):
        fresh.begin(night, ledger_version=2, members=MEMBERS)
        fresh.dbt("build", "--resource-type", "seed", "--resource-type", "model")
        copy = new_home(fresh.home.root.with_name(f"{fresh.home.root.name}-{night}"))
        shutil.copy(fresh.home.build, copy.home.build)
        shutil.copy(fresh.home.ledger, copy.home.ledger)
        homes[night] = copy
    return homes


@pytest.fixture
def night(troubled: dict[date, DbtHome]) -> Iterator[Connection]:
    with connect(troubled[NIGHT].home.build, read_only=True) as connection:
        yield connection


def dated_tables(connection: Connection) -> list[tuple[str, str]]:
    """(table, the column that says when a row was decided or could be known)."""
    rows = connection.execute(
        "select schema_name || '.' || table_name, max(column_name) "
        "from duckdb_columns() where column_name in ('decided_at', 'available_at') "
        "and schema_name in ('staging', 'intermediate', 'marts') group by 1 order by 1"
    ).fetchall()
    return [(name, moment) for name, moment in rows]


def test_no_table_moves_its_past(troubled: dict[date, DbtHome]) -> None:
    moved = []
    with connect(troubled[NIGHT].home.build, read_only=True) as connection:
        connection.execute(f"attach '{troubled[CUT].home.build}' as earlier (read_only)")
        tables = dated_tables(connection)
        for name, moment in tables:
            then = f"where {moment} <= '{SESSIONS.decided_at(CUT).isoformat()}'"
            for one, other in (("", "earlier."), ("earlier.", "")):
                lost = frame(
                    connection,
                    f"(from {one}{name} {then}) except (from {other}{name} {then})",
                )
                if len(lost):
                    moved.append((name, one or "later", lost.head(3)))
    assert len(tables) > 35
    assert not moved, moved


def signal_rows(night: Connection, symbol: str, variant: str) -> pd.DataFrame:
    return frame(
        night,
        "select * exclude (decided_at) from marts.fct_signals "
        f"where symbol = '{symbol}' and variant = '{variant}' order by session_date",
    ).set_index("session_date")


def test_quarantined_session_is_frozen_also_after_its_release(night: Connection) -> None:
    rows = signal_rows(night, "AAA", "balanced_position")
    frozen, before = rows.loc[BAD_BAR], rows.loc[SESSIONS.previous_session(BAD_BAR)]
    assert frozen.reason == "quarantined: raw.fmp__daily_prices: bad"
    assert frozen.target_weight == before.target_weight
    assert pd.isna(frozen.event)


def test_quarantine_of_one_provider_freezes_although_another_has_the_bar(
    night: Connection,
) -> None:
    rows = signal_rows(night, "CCC", "balanced_position")
    bar = night.execute(
        "select provider from marts.fct_prices where symbol = 'CCC' and session_date = ?",
        [BAD_POLYGON_BAR],
    ).fetchone()
    assert bar == ("fmp",)
    assert rows.reason[BAD_POLYGON_BAR].startswith("quarantined: raw.polygon__daily_bars")


def test_missing_bars_freeze_for_five_sessions_only(night: Connection) -> None:
    rows = signal_rows(night, "BBB", "balanced_position")
    kept = [day for day in LONG_GAP if day in rows.index]
    assert tuple(kept) == LONG_GAP[:5]
    assert rows.loc[kept[:4]].reason.str.startswith("no_bar").all()


def test_position_whose_bars_stop_ends_in_every_variant(night: Connection) -> None:
    rows = frame(
        night,
        "select *, last_value(signal) over (partition by strategy, variant, symbol "
        "order by session_date rows between unbounded preceding and 1 preceding) as held "
        "from marts.fct_signals where symbol in ('BBB', 'HYG', 'LQD', 'SVXY') "
        f"and session_date <= '{LONG_GAP[4]}'",
    )
    held = rows[(rows.session_date == pd.Timestamp(LONG_GAP[4]).date()) & (rows.held != 0)]
    assert set(held.strategy) == {"credit", "volatility"}  # BBB is flat then: see its unit test
    assert (held.event == "exit").all()
    assert (held.signal == 0).all()
    assert (held.target_weight == 0).all()
    assert held.reason.str.startswith("not_tradable: the last bar is of 2016-09-30").all()
    credit = held[held.strategy == "credit"]
    assert set(credit.symbol) == {"HYG", "LQD"}
    latest = rows.sort_values("session_date").groupby(["variant", "symbol"]).signal.last()
    assert (latest == 0).all()


def test_flat_symbol_whose_bars_stop_says_no_more_than_that(night: Connection) -> None:
    flat = frame(
        night,
        "select * from marts.fct_signals where event is null and variant in "
        "('balanced_position', 'zscore_percentile', 'contango') "
        f"and symbol in ('BBB', 'HYG', 'SVXY') and session_date = '{LONG_GAP[4]}'",
    )
    assert flat.reason.str.startswith("no_bar").all()


def test_events_alternate_across_gaps(troubled: dict[date, DbtHome]) -> None:
    fresh = troubled[NIGHT]
    fresh.dbt("test", "--select", "assert_events_alternate", "fct_signals")


def test_missing_leg_freezes_the_credit_pair(night: Connection) -> None:
    rows = signal_rows(night, "LQD", "zscore_percentile")
    assert rows.loc[list(SHORT_GAP)].reason.str.startswith("no_bar").all()


def test_quarantined_index_freezes_volatility(night: Connection) -> None:
    rows = signal_rows(night, "SVXY", "contango")
    assert rows.reason[BAD_INDEX] == "quarantined: raw.cboe__index_history: bad"


def test_old_spreads_give_way_to_the_price_proxy(night: Connection) -> None:
    used = dict(
        night.execute(
            "select session_date, spread_source from intermediate.int_spreads_joined_as_of "
            "where session_date between ? and ?",
            [NO_OAS[0], NO_OAS[-1]],
        ).fetchall()
    )
    assert [used[day] for day in NO_OAS] == ["oas"] * 5 + ["price_proxy"] * (len(NO_OAS) - 5)


def test_revised_spread_changes_no_row_that_was_known_before(night: Connection) -> None:
    first_known = night.execute(
        "select hy_oas_pct from marts.fct_spreads where spread_source = 'oas' and session_date = ?",
        [REVISED_OAS],
    ).fetchone()
    vintages = night.execute(
        "select hy_oas_pct from intermediate.int_oas_paired where session_date = ? "
        "order by version_number",
        [REVISED_OAS],
    ).fetchall()
    assert len(vintages) == 2
    assert vintages[1] == (9.99,)
    assert first_known == vintages[0]


def test_restated_figures_count_from_the_night_after_they_came(night: Connection) -> None:
    """The year's figures double with the batch that lands just before LANDED's decision."""
    returns = dict(
        night.execute(
            "select session_date, return_on_equity from marts.fct_equity_features "
            "where symbol = 'AAA' and session_date >= ?",
            [SESSIONS.previous_session(CUT)],
        ).fetchall()
    )
    before = returns[SESSIONS.previous_session(CUT)]  # the bar of CUT itself is withheld
    assert [returns[day] / before for day in (LANDED, NIGHT)] == [2, 2]


def test_no_intraday_decision_rests_on_a_session_of_which_bars_were_withheld(
    night: Connection,
) -> None:
    """Not on the bars released since, nor on the other provider's: the gate found fault with it."""
    bars = night.execute(
        "select distinct provider from intermediate.int_intraday_bars_reconciled "
        "where session_date = ?",
        [BAD_INTRADAY],
    ).fetchall()
    decided = night.execute(
        "select count(*) filter (where session_date = $day), "
        "count(*) filter (where session_date = $day + 1) from marts.fct_intraday_signals",
        {"day": BAD_INTRADAY},
    ).fetchone()
    assert bars == [("finnhub",)]
    assert decided == (0, 3 * (78 + 7))


def test_symbol_that_left_the_universe_is_sold(night: Connection) -> None:
    rows = frame(
        night,
        "select session_date, signal, reason from marts.fct_signals where symbol = 'CCC' "
        "and strategy = 'equities' and session_date > '2017-06-21'",
    )
    assert (rows.signal == 0).all()
    assert rows.reason.str.startswith(("left_universe", "event_over")).all()
