"""An equity's features, each computed once more from the bars and stories that it rests on."""

import math
from collections.abc import Sequence
from datetime import date

from warehouse.why.node import TIMES, Node
from warehouse.why.reading import Reader, Row
from warehouse.why.sources import BAR_STAGING, PROVENANCE, response_nodes
from warehouse.why.stories import sentiment_node
from warehouse.why.wording import percent

ADJUSTED = "intermediate.int_prices_adjusted"
ADJUSTMENTS = "intermediate.int_adjustments_accumulated"
ACTIONS = "intermediate.int_corporate_actions_reconciled"
TRENDS = "intermediate.int_trends_measured"
WILDER = "intermediate.int_wilder_averages_measured"
MODES = {"none": "as traded", "splits_undone": "splits undone, so as traded"}
"""How a provider's prices came to be those traded, by `adjustment_mode`."""


def feature_nodes(reader: Reader, symbol: str, session: date, inputs: Row) -> tuple[Node, ...]:
    """Close, averages, RSI and sentiment of one symbol and session.

    Parameters
    ----------
    reader : the published file.
    symbol, session : whose.
    inputs : its row of `intermediate.int_equity_inputs_joined`.
    """
    fast, slow = reader.count("sma_fast_sessions"), reader.count("sma_slow_sessions")
    bars = adjusted_bars(reader, symbol, session, count=slow)
    at = inputs["available_at"]
    nodes = [
        close_node(reader, symbol, session),
        _average_node("SMA 20", inputs["sma_20_usd"], bars, fast, at),
        _average_node("SMA 50", inputs["sma_50_usd"], bars, slow, at),
        _rsi_node(reader, symbol, session, inputs),
        sentiment_node(reader, symbol, session),
    ]
    return tuple(node for node in nodes if node)


def adjusted_bars(reader: Reader, symbol: str, session: date, *, count: int) -> list[Row]:
    """The newest bars up to a session, newest first."""
    return reader.rows(
        "select * from intermediate.int_prices_adjusted where symbol = $symbol "
        "and session_date <= $session order by session_date desc limit $count",
        symbol=symbol,
        session=session,
        count=count,
    )


def close_node(reader: Reader, symbol: str, session: date) -> Node | None:
    """The adjusted close of a session: the close as traded times the adjustment so far."""
    found = adjusted_bars(reader, symbol, session, count=1)
    if not found or found[0]["session_date"] != session:
        return None
    bar = found[0]
    adjustment = reader.row(
        "select * from intermediate.int_adjustments_accumulated where symbol = $symbol "
        "and available_at <= $known_at order by available_at desc limit 1",
        symbol=symbol,
        known_at=bar["available_at"],
    )
    says = "no split and no dividend since the first bar"
    if adjustment:
        says = f"splits and dividends since the first bar, the last on {adjustment['session_date']}"
    return Node(
        f"adjusted close of {symbol}",
        bar["adjusted_close_usd"],
        "USD",
        relation=ADJUSTED,
        available_at=bar["available_at"],
        equation="product",
        children=(
            Node("close as traded", bar["close_usd"], "USD", relation=ADJUSTED, is_term=True),
            Node(
                "adjustment",
                adjustment["adjustment_factor"] if adjustment else 1.0,
                TIMES,
                says,
                relation=ADJUSTMENTS,
                is_term=True,
            ),
        ),
    )


def bar_window_node(reader: Reader, symbol: str, session: date) -> Node | None:
    """The bars that the features read: newest bar, corporate actions, stored responses."""
    fast, slow = reader.count("sma_fast_sessions"), reader.count("sma_slow_sessions")
    bars = adjusted_bars(reader, symbol, session, count=slow)
    if not bars:
        return None
    first, last = bars[-1]["session_date"], bars[0]["session_date"]
    weight = 1.0 - (1.0 - 1.0 / reader.count("wilder_sessions")) ** len(bars)
    return Node(
        "daily bars",
        len(bars),
        says=f"{first} to {last}: SMA 50 reads them all, SMA 20 the newest {min(fast, len(bars))}, "
        f"RSI 14 every bar since the first, these with {percent(weight, 1)} of the weight",
        relation=ADJUSTED,
        available_at=bars[0]["available_at"],
        children=(
            bar_node(reader, symbol, last),
            *action_nodes(reader, symbol, first, last),
            *response_nodes(reader, staged_bars(reader, symbol, bars), subject=symbol),
        ),
    )


def bar_node(reader: Reader, symbol: str, session: date) -> Node:
    """One bar as traded, and what the other providers say of it."""
    bar = reader.row(
        "select * from intermediate.int_prices_reconciled "
        "where symbol = $symbol and session_date = $session",
        symbol=symbol,
        session=session,
    )
    if bar is None:
        return Node(f"bar of {session}", None, says="there is none")
    others = [
        f"{name} {bar[f'{name}_close_usd']:.2f}"
        for name in BAR_STAGING
        if name != bar["provider"] and bar[f"{name}_close_usd"] is not None
    ]
    volume = bar["volume_shares"]
    prices = ", ".join(
        f"{name} {bar[f'{name}_usd']:.2f}" for name in ("open", "high", "low")
        if bar[f"{name}_usd"] is not None
    )  # fmt: skip
    says = f"{prices}, volume {volume:,.0f}" if volume is not None else prices
    mode = MODES.get(bar["adjustment_mode"], str(bar["adjustment_mode"]).replace("_", " "))
    says += f"; {bar['provider']}, {mode}"
    return Node(
        f"bar of {session}, close",
        bar["close_usd"],
        "USD",
        says + (f"; other providers: {', '.join(others)}" if others else ""),
        relation="intermediate.int_prices_reconciled",
        available_at=bar["available_at"],
    )


def staged_bars(reader: Reader, symbol: str, bars: Sequence[Row]) -> list[Row]:
    """The staged rows that bars were taken from, of the provider that was chosen for each."""
    chosen = {bar["session_date"]: bar["provider"] for bar in bars}
    queries = [
        f"select '{provider}' as provider, '{relation}' as relation, session_date as day, "
        f"{PROVENANCE} from {relation} "
        "where symbol = $symbol and session_date between $first and $last"
        for provider, relation in BAR_STAGING.items()
        if provider in chosen.values()
    ]
    if not queries:
        return []
    found = reader.rows(
        " union all by name ".join(queries) + " order by day desc",
        symbol=symbol,
        first=min(chosen),
        last=max(chosen),
    )
    return [row for row in found if chosen.get(row["day"]) == row["provider"]]


def action_nodes(reader: Reader, symbol: str, first: date, last: date) -> list[Node]:
    """Splits and dividends inside a window of bars, each with its stored response."""
    actions = reader.rows(
        "select * from intermediate.int_corporate_actions_reconciled where symbol = $symbol "
        "and effective_date between $first and $last order by effective_date desc, kind",
        symbol=symbol,
        first=first,
        last=last,
    )
    nodes = []
    for action in actions:
        relation = f"staging.stg_{action['provider']}__{action['kind']}s"
        staged = reader.rows(
            f"select '{relation}' as relation, effective_date as day, {PROVENANCE} "
            f"from {relation} where symbol = $symbol and effective_date = $day",
            symbol=symbol,
            day=action["effective_date"],
        )
        nodes.append(
            Node(
                f"{action['kind']} of {action['effective_date']}",
                action["amount"],
                "USD a share" if action["kind"] == "dividend" else "new shares for one old",
                relation=ACTIONS,
                available_at=action["available_at"],
                children=response_nodes(reader, staged, subject=symbol),
            )
        )
    return nodes


def _average_node(
    what: str, value: float | None, bars: Sequence[Row], count: int, available_at: object
) -> Node:
    window = [float(bar["adjusted_close_usd"]) for bar in bars[:count]]
    is_full = len(window) == count
    says = f"mean of the newest {count} adjusted closes"
    return Node(
        what,
        value,
        "USD",
        says if is_full else f"{says}: there are only {len(window)} yet",
        relation=TRENDS,
        available_at=bars[0]["available_at"] if bars else None,
        check=math.fsum(window) / count if is_full else None,
    )


def _rsi_node(reader: Reader, symbol: str, session: date, inputs: Row) -> Node:
    """Wilder's RSI, and his two averages computed from every move since the first bar."""
    n = reader.count("wilder_sessions")
    moves = reader.row(
        """
        with bars as (
            select session_date, available_at, row_number() over bars - 1 as move,
                adjusted_close_usd - lag(adjusted_close_usd) over bars as change
            from intermediate.int_prices_adjusted
            where symbol = $symbol and session_date <= $session
            window bars as (order by session_date)
        ),
        weighed as (
            select *, pow(1 - 1 / $n, max(move) over () - greatest(move, $n)) / $n as weight
            from bars
        )
        select count(change) as moves, min(session_date) as first_date,
            max(available_at) as available_at,
            sum(greatest(change, 0) * weight order by move) as gain,
            sum(greatest(-change, 0) * weight order by move) as loss
        from weighed
        """,
        symbol=symbol,
        session=session,
        n=n,
    )
    what, value = "RSI 14", inputs["rsi_14"]
    if moves is None or value is None or moves["moves"] < n:
        return Node(what, value, says=f"known from the {n + 1}th bar on", relation=WILDER)
    gain, loss = moves["gain"], moves["loss"]
    is_still = gain + loss < reader.number("wilder_zero")
    return Node(
        what,
        value,
        says=f"100 x average gain / (average gain + average loss), of {moves['moves']:,} moves "
        f"since {moves['first_date']}",
        relation=WILDER,
        available_at=moves["available_at"],
        check=0.0 if is_still else 100.0 * gain / (gain + loss),
        children=(
            Node("average gain", gain, "USD a session", "Wilder's, computed here again"),
            Node("average loss", loss, "USD a session", "Wilder's, computed here again"),
        ),
    )
