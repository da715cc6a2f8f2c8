"""Ten simulated markets without a planted bug raise no alarm."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from ingestion.night import NightInputs, collect_night_inputs
from ingestion.sandbox.server import SandboxServer
from ingestion.settings import SourceSettings
from orchestration.freshness import INDEX_NAMES, SERIES
from orchestration.inputs import land_inputs
from orchestration.universe import Universe, parse_universe
from tests.proof.small_proof import REPOSITORY, Order, prove_in_process
from warehouse.home import Home
from warehouse.ledger import opened_ledger
from warehouse.sessions import new_york_sessions

NOW = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
NIGHT, FIRST_DAY = date(2024, 6, 28), date(2023, 4, 20)  # 300 sessions
UNIVERSE = "{name: three, members: [AAPL, NVDA, KO]}"


def landed_home(root: Path, seed: int, universe: Universe) -> Home:
    """A home whose ledger holds one simulated market."""
    home, sessions = Home(root), new_york_sessions()
    home.make_folders()
    with SandboxServer(seed=seed, now=NOW, symbols=universe.bar_symbols) as server:
        sources = SourceSettings(
            base_urls=server.base_urls,
            api_keys=server.api_keys,
            cache_root=home.data / "cache",
            raw_root=home.raw_responses,
            log_path=home.logs / "ingestion.log",
            world=f"sandbox:{seed}",
        )
        wanted = NightInputs(
            night=NIGHT,
            decided_at=sessions.decided_at(NIGHT),
            bar_symbols=universe.bar_symbols,
            news_symbols=universe.member_symbols,
            series_ids=SERIES,
            index_names=INDEX_NAMES,
            first_day=FIRST_DAY,
            company_symbols=universe.member_symbols,
        )
        collected = collect_night_inputs(wanted, sources, clock=lambda: NOW)
    with opened_ledger(home.ledger, f"sandbox:{seed}", now=NOW) as ledger:
        land_inputs(
            ledger,
            collected,
            sessions,
            run_id="clean",
            now=NOW,
            raw_responses=home.raw_responses,
        )
    return home


@pytest.mark.parametrize("seed", range(1, 11))
def test_clean_market_raises_no_alarm(seed: int, tmp_path: Path, project_memory: Path) -> None:
    (tmp_path / "universe.yaml").write_text(UNIVERSE)
    universe = parse_universe(
        {"members": ["AAPL", "NVDA", "KO"]}, file="three", default_name="three"
    )
    home = landed_home(tmp_path / "home", seed, universe)
    shutil.copytree(project_memory, home.dbt_target, dirs_exist_ok=True)
    found = prove_in_process(
        Order(
            tree=REPOSITORY,
            home=home.root,
            universe=tmp_path / "universe.yaml",
            world=f"sandbox:{seed}",
            night=NIGHT,
            ledger_version=1,
            cuts=1,
            seed=seed,
        )
    )
    assert found.is_proven, found.sentence
    assert found.rows > 10_000
