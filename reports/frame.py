"""The frame of a chart: where a day and a value stand in the plot."""

from dataclasses import dataclass

import numpy as np

from reports.scales import Days, Values


@dataclass(frozen=True)
class Frame:
    """Maps days and values to positions as shares of the plot."""

    first: np.datetime64
    days: float
    low: float
    high: float
    is_log: bool

    def x(self, when: Days | np.datetime64) -> Values:
        """Place of a day from the left."""
        since = (when - self.first) / np.timedelta64(1, "D")
        return np.asarray(since / self.days, dtype=float)

    def y(self, value: Values | float) -> Values:
        """Place of a value from the top; what lies outside is at the edge."""
        low, high, at = self._scaled(self.low), self._scaled(self.high), self._scaled(value)
        return np.asarray(1 - (np.clip(at, low, high) - low) / (high - low), dtype=float)

    def _scaled(self, value: Values | float) -> Values:
        shown = np.asarray(value, dtype=float)
        return np.log(np.maximum(shown, self.low)) if self.is_log else shown
