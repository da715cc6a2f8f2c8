"""The portfolio file beside the universe: what neither can be wrong about alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestration.errors import UsageError
from orchestration.seeds import FOLDER, seed_rows
from orchestration.universe import STRATEGY_FUNDS, Universe

if TYPE_CHECKING:
    from analytics.settings import PortfolioConfig

INSTRUMENTS = "instruments"
EQUITIES = "equities"


def refuse_unfit(config: "PortfolioConfig", universe: Universe, *, file: str) -> None:
    """Refuse symbols that nobody knows, and a traded fund without the shock that limits it.

    Parameters
    ----------
    config : as parsed from the file.
    universe : whose symbols the portfolio may name, beside those of the seed `instruments`.
    file : name to use in the message.

    Raises
    ------
    UsageError
        One sentence with file, key, value and what is allowed.
    """
    known = {*universe.bar_symbols, *(row["symbol"] for row in seed_rows(INSTRUMENTS))}
    for key, symbol in _named_symbols(config):
        if symbol not in known:
            raise UsageError(
                f"{file}: {key} must be a symbol of the universe {universe.name} or of "
                f"{FOLDER}/{INSTRUMENTS}.csv, got {symbol!r}."
            )
    scenario = config.limits.stress_scenario
    for strategy, symbol in _traded(config, universe):
        if config.shock_of(scenario, symbol) is None:
            raise UsageError(
                f"{file}: shocks.{scenario}.{symbol} must be a number from -1 to 10, the return "
                f"per unit of leverage of a fund that {strategy} trades (limits.stress_scenario is "
                f"{scenario}), got None."
            )


def _named_symbols(config: "PortfolioConfig") -> Iterator[tuple[str, str]]:
    """Where each symbol of the file stands."""
    for symbol in sorted(config.funds):
        yield "funds", symbol
    for symbol, sector in config.sectors.items():
        yield f"sectors.{sector}", symbol
    for name, shock in config.shocks.items():
        for symbol in shock.per_unit:
            yield f"shocks.{name}", symbol


def _traded(config: "PortfolioConfig", universe: Universe) -> Iterator[tuple[str, str]]:
    """Strategy and symbol of everything that the configured strategies may trade."""
    for strategy in config.strategies:
        symbols = universe.member_symbols if strategy == EQUITIES else STRATEGY_FUNDS[strategy]
        for symbol in symbols:
            yield strategy, symbol
