"""From the files of `config/`, or from the record of a night, to checked values.

The checks of the portfolio themselves are pure and live in analytics.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analytics.holdings import Holdings
from orchestration.errors import UsageError
from orchestration.holdings import holdings_content, load_holdings, recorded_holdings
from orchestration.portfolio_checks import refuse_unfit
from orchestration.provenance import configuration_hash, configuration_snapshot
from orchestration.resources import Settings
from orchestration.universe import Universe, parse_universe
from orchestration.yaml_file import read_yaml
from warehouse.sessions import BAR_READY, new_york_sessions

if TYPE_CHECKING:
    from analytics.settings import PortfolioConfig


HOLDINGS = "holdings"
"""Key of a snapshot; a night without a holdings file has none, as nights before there were any."""


@dataclass(frozen=True)
class Configuration:
    """What a night is computed with besides rows and code.

    `snapshot`: canonical JSON of the files, as it is recorded in `ops.configs`. `holdings`: what a
    person holds, None where no file says it.
    """

    universe: Universe
    portfolio: "PortfolioConfig"
    snapshot: str
    holdings: Holdings | None = None

    @property
    def config_hash(self) -> str:
        """The hash under which the snapshot is recorded."""
        return configuration_hash(self.snapshot)


def present_configuration(settings: Settings, *, with_holdings: bool = True) -> Configuration:
    """Read the configured files, each of them once.

    Parameters
    ----------
    settings : where they are.
    with_holdings : whether what is held today matters; the holdings file is not opened otherwise.

    Raises
    ------
    UsageError
        A file is wrong: one sentence that names it.
    """
    content = {
        "universe": read_yaml(settings.universe),
        "portfolio": read_yaml(settings.portfolio),
    }
    file = settings.universe
    universe = parse_universe(content["universe"], file=str(file), default_name=file.stem)
    portfolio = parse_portfolio(content["portfolio"], file=str(settings.portfolio), is_strict=True)
    refuse_unfit(portfolio, universe, file=str(settings.portfolio))
    holdings = None
    if with_holdings and settings.holdings is not None:
        holdings = load_holdings(settings.holdings, priced=universe.bar_symbols)
        content[HOLDINGS] = holdings_content(holdings)
    return Configuration(universe, portfolio, configuration_snapshot(content), holdings)


def night_configuration(
    settings: Settings, *, as_of: datetime | None, now: datetime
) -> Configuration:
    """Read the files that a night uses: what is held today says nothing about an earlier one.

    Parameters
    ----------
    settings : where they are.
    as_of : a moment of the night; None for the latest.
    now : by the run's clock.

    Raises
    ------
    UsageError
        A file that the night uses is wrong: one sentence that names it.
    """
    sessions = new_york_sessions()
    is_latest = as_of is None or as_of >= sessions.at(sessions.latest_night(now), BAR_READY)
    return present_configuration(settings, with_holdings=is_latest)


def recorded_configuration(snapshot: str) -> Configuration:
    """Read the configuration that a night recorded.

    Raises
    ------
    UsageError
        Today's release does not accept it any more.
    """
    content = json.loads(snapshot)
    return Configuration(
        parse_universe(content["universe"], file="the night's recorded universe"),
        parse_portfolio(content["portfolio"], file="the night's recorded portfolio"),
        snapshot,
        recorded_holdings(content.get(HOLDINGS)),
    )


def load_portfolio(path: Path) -> "PortfolioConfig":
    """Read and check the portfolio file.

    Raises
    ------
    UsageError
        Not YAML, or a value outside its range: the sentence names file, key, value and range.
    """
    return parse_portfolio(read_yaml(path), file=str(path), is_strict=True)


def parse_portfolio(content: Any, *, file: str, is_strict: bool = False) -> "PortfolioConfig":
    """Check a portfolio configuration that has been read; errors as `load_portfolio`."""
    from analytics.configuration import parse_portfolio_config
    from analytics.errors import ConfigurationError

    try:
        return parse_portfolio_config(content, file=file, is_strict=is_strict)
    except ConfigurationError as err:
        raise UsageError(str(err)) from err
