"""What a person really holds, as `config/holdings.csv` says it."""

from collections.abc import Mapping
from dataclasses import dataclass

CASH = "CASH"
"""The row of a holdings file that is no symbol: what the account holds in dollars."""


@dataclass(frozen=True)
class Holdings:
    """An account at the close that the night decides on.

    `cash_usd`: negative when on credit; what short sales brought in is part of it. `shares`:
    symbol → shares as traded, negative when short, none of them 0.
    """

    cash_usd: float
    shares: Mapping[str, float]
