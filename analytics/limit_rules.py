"""Limits of `config/portfolio.yaml`, laid out on symbols."""

from collections.abc import Collection, Sequence

import numpy as np

from analytics.limits import LimitRules
from analytics.settings import PortfolioConfig


def limit_rules(
    symbols: Sequence[str], config: PortfolioConfig, *, without_shock: Collection[str] = ()
) -> LimitRules:
    """Lay the configured limits out on S symbols.

    A fund that the limited stress has no number for is refused, unless it is among those
    `without_shock`: then it counts as if it lost nothing.
    """
    sectors = [config.sector_of(symbol) for symbol in symbols]
    unmeasured = {
        symbol
        for symbol in without_shock
        if config.shock_of(config.limits.stress_scenario, symbol) is None
    }
    bound = sorted({sector for sector in sectors if sector is not None})
    limits = config.limits
    return LimitRules(
        symbol_cap=np.array([config.symbol_cap(symbol) for symbol in symbols]),
        is_in_sector=np.array([[own == sector for own in sectors] for sector in bound]).reshape(
            len(bound), len(sectors)
        ),
        sector_cap=limits.sector,
        stress_shock=np.array(
            [0.0 if symbol in unmeasured else config.stress_shock(symbol) for symbol in symbols]
        ),
        max_stress_loss=limits.max_stress_loss,
        gross=limits.gross,
        net=limits.net,
        turnover=limits.turnover,
        minimum_order=config.minimum_order_weight,
    )
