"""A market large enough to be split over threads: built in order with one, shuffled with four."""

from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from tests.dbt.conftest import NIGHT, PROJECT, DbtHome, new_home
from tests.dbt.features import pandas_features, polars_features
from tests.dbt.large_market import land_large_market, member_names
from warehouse.connection import connect
from warehouse.context import Member
from warehouse.publish import TableDigest, digest_tables
from warehouse.sessions import new_york_sessions

pytestmark = pytest.mark.xdist_group("dbt_threads")

N_SYMBOLS, N_SESSIONS = 240, 600  # 147,000 bars: more than one row group of DuckDB
FEATURES = (
    "sma_20_usd",
    "sma_50_usd",
    "rsi_14",
    "atr_14_usd",
    "volatility_20_annual",
    "momentum_12_1_return",
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> DbtHome:
    """A home with the market in its ledger."""
    fresh = new_home(tmp_path_factory.mktemp("threads"))
    sessions = new_york_sessions()
    days = sessions.between(sessions.previous_session(NIGHT, N_SESSIONS - 1), NIGHT)
    with connect(fresh.home.ledger) as ledger:
        land_large_market(ledger, N_SYMBOLS, sessions, days, seed=3)
    return fresh


@pytest.fixture(scope="module")
def in_order(home: DbtHome) -> dict[str, TableDigest]:
    """What every table holds after a build with one thread from rows in order of symbol and day."""
    return built_with(home, threads=1)


@pytest.fixture(scope="module")
def bars_and_features(home: DbtHome, in_order: dict[str, TableDigest]) -> tuple[pa.Table, pa.Table]:
    """Adjusted bars and features of that build, by symbol and session."""
    assert in_order["marts.fct_prices"].rows == (N_SYMBOLS + 5) * N_SESSIONS
    with connect(home.home.build, read_only=True) as build:
        return (
            build.execute(
                "select symbol, adjusted_high_usd as high, adjusted_low_usd as low, "
                "adjusted_close_usd as close from marts.fct_prices order by symbol, session_date"
            ).to_arrow_table(),
            build.execute(
                f"select {', '.join(FEATURES)} from marts.fct_equity_features "
                "order by symbol, session_date"
            ).to_arrow_table(),
        )


def built_with(home: DbtHome, *, threads: int) -> dict[str, TableDigest]:
    """Build with so many threads of dbt and of DuckDB; what every table holds."""
    profiles = home.home.root / f"profiles_{threads}"
    profiles.mkdir()
    before = (PROJECT / "profiles.yml").read_text()
    after = before.replace("settings:\n", f"settings:\n        threads: {threads}\n")
    assert after != before
    (profiles / "profiles.yml").write_text(after)
    home.begin(members=[Member(symbol) for symbol in member_names(N_SYMBOLS)])
    home.dbt(
        *("build", "--resource-type", "seed", "--resource-type", "model"),
        *("--threads", str(threads)),
        profiles=profiles,
    )
    with connect(home.home.build, read_only=True) as build:
        return digest_tables(build)


def shuffle_bars(ledger: Path) -> None:
    """Lay the bars down in another order, as one landed night by night would hold them."""
    with connect(ledger) as connection:
        for name, order in {
            "raw.polygon__daily_bars": "session_date",
            "raw.polygon__intraday_bars": "bar_end_at",
        }.items():
            connection.execute(f"create table shuffled as from {name} order by hash({order})")
            connection.execute(f"truncate {name}")
            connection.execute(f"insert into {name} from shuffled")
            connection.execute("drop table shuffled")


def agree(features: pa.Table, expected: object) -> None:
    for name in FEATURES:
        ours = features[name].to_numpy(zero_copy_only=False)
        assert ours == pytest.approx(np.asarray(expected[name]), rel=1e-9, nan_ok=True), name


def test_features_of_every_symbol_equal_pandas(
    bars_and_features: tuple[pa.Table, pa.Table],
) -> None:
    bars, features = bars_and_features
    agree(features, pandas_features(bars.to_pandas()))


def test_features_of_every_symbol_equal_polars(
    bars_and_features: tuple[pa.Table, pa.Table],
) -> None:
    bars, features = bars_and_features
    agree(features, polars_features(pl.from_arrow(bars)))


def test_content_depends_on_neither_threads_nor_row_order(
    home: DbtHome, in_order: dict[str, TableDigest]
) -> None:
    shuffle_bars(home.home.ledger)
    shuffled = built_with(home, threads=4)

    differing = [name for name, digest in in_order.items() if shuffled[name] != digest]
    assert len(in_order) > 80
    assert in_order["marts.fct_intraday_signals"].rows > 40_000
    assert not differing
