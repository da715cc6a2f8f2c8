"""The engine again, slow and obvious: one symbol after the other, plain Python numbers.

Written from the text of the design; it shares no code with the engine.
"""

import math
from dataclasses import dataclass, field
from datetime import date

COST = (1 + 1 + 3) / 10_000
BORROW = 0.005


@dataclass
class Bar:
    """One symbol's adjusted prices of one session."""

    open: float
    close: float


@dataclass
class SlowBook:
    """One account."""

    cash: float = 1_000_000.0
    shares: dict[str, float] = field(default_factory=dict)
    last_close: dict[str, float] = field(default_factory=dict)
    missing: dict[str, int] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)

    def value(self, symbol: str) -> float:
        return self.shares.get(symbol, 0.0) * self.last_close.get(symbol, 0.0)

    def equity(self) -> float:
        return self.cash + sum(self.value(symbol) for symbol in self.shares)


def slow_backtest(
    days: list[date],
    bars: list[dict[str, Bar]],
    targets: list[dict[str, float]],
    *,
    bill_pct: list[float],
    leverage: list[dict[str, float]],
    fill: str,
    start: int,
) -> list[dict[str, float]]:
    """Return the daily rows of one variant; `targets` lacks symbols that are not decided yet."""
    book, rows = SlowBook(), []
    for t in range(len(days)):
        if t > start:
            rows.append(_session(book, t, days, bars, targets, bill_pct, leverage, fill))
        for symbol, bar in bars[t].items():
            book.last_close[symbol] = bar.close
        if t >= start:
            before = targets[t - 1] if t > start else {}
            for symbol, wanted in targets[t].items():
                if wanted != before.get(symbol, 0.0):
                    book.waiting.add(symbol)
    return rows


def _session(
    book: SlowBook,
    t: int,
    days: list[date],
    bars: list[dict[str, Bar]],
    targets: list[dict[str, float]],
    bill_pct: list[float],
    leverage: list[dict[str, float]],
    fill: str,
) -> dict[str, float]:
    # everything up to here is known at the close before
    equity = book.equity()
    elapsed = (days[t] - days[t - 1]).days
    rate = 0.0 if math.isnan(bill_pct[t - 1]) else bill_pct[t - 1] / 100
    interest = book.cash * rate * elapsed / 365
    short = sum(-book.value(symbol) for symbol in book.shares if book.value(symbol) < 0)
    borrow = short * BORROW * elapsed / 360
    sizes = {
        symbol: targets[t - 1][symbol] * equity / book.last_close[symbol]
        for symbol in book.waiting
        if symbol in book.last_close
    }
    # the session itself
    traded = 0.0
    for symbol, size in sizes.items():
        if symbol in bars[t]:
            price = bars[t][symbol].open if fill == "next_open" else bars[t][symbol].close
            traded += _trade(book, symbol, size, price)
    for symbol in list(book.last_close):
        book.missing[symbol] = 0 if symbol in bars[t] else book.missing.get(symbol, 0) + 1
        if book.missing[symbol] == 5 and book.shares.get(symbol, 0.0) != 0.0:
            traded += _trade(book, symbol, 0.0, book.last_close[symbol])
    cost = traded * COST
    book.cash += interest - borrow - cost
    for symbol, bar in bars[t].items():
        book.last_close[symbol] = bar.close
    closing = book.equity()
    net, costs = closing / equity - 1, (cost + borrow) / equity
    return {
        "net_return": net,
        "cost_return": costs,
        "gross_return": net + costs,
        "turnover": traded / equity,
        "gross_exposure": sum(abs(book.value(s)) for s in book.shares) / closing,
        "net_exposure": sum(book.value(s) * leverage[t].get(s, 1.0) for s in book.shares) / closing,
    }


def _trade(book: SlowBook, symbol: str, size: float, price: float) -> float:
    """Go to a number of shares; the value traded."""
    change = size - book.shares.get(symbol, 0.0)
    book.cash -= change * price
    book.shares[symbol] = size
    book.waiting.discard(symbol)
    return abs(change) * price
