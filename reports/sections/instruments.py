"""Tonight's figures of each symbol, and its year as a word-sized graphic."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from markupsafe import Markup

from reports.night import Night
from reports.signals import SignalState
from reports.sparks import price_spark

SPARK_SPAN = timedelta(days=365)


def session_figures(night: Night, symbols: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Raw close, names and features of the session, by symbol; what is missing is absent."""
    figures: dict[str, dict[str, Any]] = {symbol: {} for symbol in symbols}
    sources = (
        ("marts.fct_prices", ("symbol", "close_usd", "adjusted_close_usd", "total_return")),
        ("marts.fct_equity_features", ("symbol", "sma_50_usd", "rsi_14", "sentiment_3d")),
    )
    for table, columns in sources:
        for row in night.published.rows(
            table, columns, where="session_date = ?", parameters=[night.session]
        ):
            if row["symbol"] in figures:
                figures[row["symbol"]].update(row)
    for row in night.published.rows("marts.dim_instruments", ("symbol", "name")):
        if row["symbol"] in figures:
            figures[row["symbol"]]["name"] = row["name"]
    for found in figures.values():
        average, close = found.get("sma_50_usd"), found.get("adjusted_close_usd")
        # both in adjusted units, so that the distance is a plain fraction
        found["above_sma_50"] = close / average - 1 if average and close else None
    return figures


def price_sparks(night: Night, strategy: str, states: Sequence[SignalState]) -> dict[str, Markup]:
    """One year of adjusted closes per symbol, marked where the governing variant held it."""
    symbols = [state.symbol for state in states]
    if not symbols:
        return {}
    prices = night.published.arrays(
        "marts.fct_prices",
        ("symbol", "session_date", "adjusted_close_usd"),
        where="session_date > ? and session_date <= ? and list_contains(?, symbol)",
        order_by="symbol, session_date",
        parameters=[night.session - SPARK_SPAN, night.session, symbols],
    )
    signals = night.published.arrays(
        "marts.fct_signals",
        ("symbol", "session_date", "signal"),
        where="strategy = ? and variant = ? and session_date <= ?",
        order_by="symbol, session_date",
        parameters=[strategy, states[0].variant, night.session],
    )
    sparks = {}
    for symbol in symbols:
        own, its = prices["symbol"] == symbol, signals["symbol"] == symbol
        dates = prices["session_date"][own]
        # a variant may store changes only: the signal of a session is the latest one stored by then
        at = np.searchsorted(signals["session_date"][its], dates, side="right") - 1
        stored = signals["signal"][its]
        held = np.zeros(len(dates))
        held[at >= 0] = stored[at[at >= 0]]
        sparks[symbol] = price_spark(prices["adjusted_close_usd"][own], held)
    return sparks
