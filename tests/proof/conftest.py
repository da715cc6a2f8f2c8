"""The small troubled market on which bugs are planted."""

from datetime import date, timedelta

import pytest

from tests.dbt.synthetic import WORLD, Market
from tests.dbt.troubled import NIGHT, SESSIONS, land_troubled, troubled_market
from tests.proof.small_proof import Order, copied_product, read_project_once
from warehouse.connection import connect
from warehouse.home import Home

FIRST_DAY = date(2016, 4, 14)  # 300 sessions before the night
LEAVES = date(2016, 12, 16)  # BBB's last bar
UNIVERSE = """
name: troubled
members:
  - AAA
  - BBB
  - {symbol: CCC, to: 2017-06-21}
"""


@pytest.fixture(scope="session")
def troubled_order(tmp_path_factory: pytest.TempPathFactory) -> Order:
    """A home whose ledger holds 3 symbols and the funds over 300 sessions, to be proven.

    What dbt makes of it by the clean code is kept: each bug builds on that what follows from it.
    """
    folder = tmp_path_factory.mktemp("troubled_proof")
    home = Home(folder / "home")
    home.make_folders()
    batches = troubled_market(FIRST_DAY)
    with connect(home.ledger) as ledger:
        land_troubled(ledger, tuple(_with_leaver_and_evenings(batch) for batch in batches))
    (folder / "universe.yaml").write_text(UNIVERSE)
    (folder / "clean").mkdir()
    tree = copied_product(folder / "product")
    read_project_once(tree, home.root)
    return Order(
        tree=tree,
        home=home.root,
        universe=folder / "universe.yaml",
        world=WORLD,
        night=NIGHT,
        ledger_version=2,
        cuts=5,
        clean=folder / "clean",
    )


def _with_leaver_and_evenings(batch: Market) -> Market:
    """BBB is delisted, and AAA has news in the evening, after the day's decision."""
    for table in ("polygon__daily_bars", "fmp__daily_prices"):
        batch.rows[table] = [
            row
            for row in batch.rows.get(table, [])
            if row["symbol"] != "BBB" or row["session_date"] <= LEAVES
        ]
    if batch.fetched_at < SESSIONS.decided_at(NIGHT):
        for number, day in enumerate(batch.days[:-4]):
            batch.add(
                "finnhub__company_news",
                story_id=f"evening-{number}",
                symbol="AAA",
                published_at=SESSIONS.decided_at(day) + timedelta(hours=2),
                headline=f"AAA gains in the evening ({number})",
                publisher="Synthetic",
            )
    return batch
