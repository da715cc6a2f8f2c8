"""The stop that sells everything once the portfolio has fallen far below its peak."""

import numpy as np


class DrawdownStop:
    """Flat once equity has fallen far below its peak, for a number of decisions, then back.

    The peak starts anew with the decision that comes back.
    """

    def __init__(self, *, fraction: float, decisions: int) -> None:
        self._fraction, self._decisions = fraction, decisions
        self._peak: float | None = None
        self._left = 0
        self.drawdown = 0.0
        self.reason = ""

    def is_flat(self, equity: float) -> bool:
        """Take in the equity of one decision's close and tell whether to be flat."""
        if self._left == 0:
            self._peak = equity if self._peak is None else max(self._peak, equity)
            self.drawdown = 1.0 - equity / self._peak if self._peak > 0.0 else 0.0
            if not is_above(self._fraction, self.drawdown):
                self._left = self._decisions
                self.reason = f"drawdown_stop: {self.drawdown:.4f} below the peak"
        if self._left == 0:
            return False
        self._left -= 1
        if self._left == 0:
            self._peak = None
        return True


def is_above(value: float, bound: float) -> bool:
    """Compare after rounding to 10 decimals, halves up; what is not known is not above."""
    return bool(np.floor(value * 1e10 + 0.5) > np.floor(bound * 1e10 + 0.5))
