"""From `config/*.yaml`, or from the record of a night, to checked values.

The checks of the portfolio themselves are pure and live in analytics.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import UsageError
from orchestration.provenance import configuration_hash, configuration_snapshot
from orchestration.resources import Settings
from orchestration.universe import Universe, load_universe, parse_universe
from orchestration.yaml_file import read_yaml

if TYPE_CHECKING:
    from analytics.settings import PortfolioConfig


@dataclass(frozen=True)
class Configuration:
    """What a night is computed with besides rows and code.

    `snapshot`: canonical JSON of both files, as it is recorded in `ops.configs`.
    """

    universe: Universe
    portfolio: "PortfolioConfig"
    snapshot: str

    @property
    def config_hash(self) -> str:
        """The hash under which the snapshot is recorded."""
        return configuration_hash(self.snapshot)


def present_configuration(settings: Settings) -> Configuration:
    """Read the configured files.

    Raises
    ------
    UsageError
        A file is wrong: one sentence that names it.
    """
    return Configuration(
        load_universe(settings.universe),
        load_portfolio(settings.portfolio),
        configuration_snapshot(settings),
    )


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
