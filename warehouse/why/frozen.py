"""Why a symbol made no new decision: its own rows, or those that it depends on."""

from collections.abc import Sequence
from dataclasses import replace

from warehouse.why.features import adjusted_bars, bar_node, staged_bars
from warehouse.why.node import Node, Response
from warehouse.why.reading import Decision, Reader, Row
from warehouse.why.sources import response_nodes

QUARANTINE = "quality.quarantine_events"
SPANNED = "intermediate.int_symbol_sessions_spanned"


def frozen_nodes(reader: Reader, decision: Decision, symbol: str) -> tuple[Node, ...]:
    """The reason of a frozen symbol, the quarantine behind it, and its last usable bar.

    Parameters
    ----------
    reader : the published file.
    decision : the session that could not decide.
    symbol : the symbol; what it depends on (its pair, the VIX) is looked at too.
    """
    subjects = [symbol, *_depended_on(reader, symbol)]
    rows = reader.rows(
        "select symbol, freeze_reason, decided_at from intermediate.int_symbol_sessions_spanned "
        "where session_date = $session and symbol in (select unnest($subjects)) "
        "and freeze_reason is not null order by symbol",
        session=decision.session,
        subjects=subjects,
    )
    reasons = [
        Node(
            f"{row['symbol']} is frozen",
            says=row["freeze_reason"],
            relation=SPANNED,
            available_at=row["decided_at"],
            tone="bad",
        )
        for row in rows
    ]
    return (
        *reasons,
        *_quarantines(reader, decision, subjects),
        *last_bar_nodes(reader, decision, symbol),
    )


def _depended_on(reader: Reader, symbol: str) -> Sequence[str]:
    pair = {reader.text("high_yield_fund"), reader.text("investment_grade_fund")}
    if symbol in pair:
        return sorted(pair - {symbol})
    funds = {reader.text("short_volatility_fund"), reader.text("long_volatility_fund")}
    return ["VIX", "VIX3M"] if symbol in funds else []


def _quarantines(reader: Reader, decision: Decision, subjects: Sequence[str]) -> tuple[Node, ...]:
    events = reader.rows(
        "select * from quality.quarantine_events where symbol in (select unnest($subjects)) "
        "and $session between first_date and last_date and released_at is null "
        "order by ledger_version desc, dataset",
        subjects=list(subjects),
        session=decision.session,
    )
    return tuple(_quarantine_node(reader, event) for event in events)


def _quarantine_node(reader: Reader, event: Row) -> Node:
    return Node(
        f"quarantine of {event['symbol']}",
        event["dataset"],
        says=f"{str(event['reason']).rstrip('.')}; rows of {event['first_date']} to "
        f"{event['last_date']}, found by the night of {event['night']}",
        relation=QUARANTINE,
        available_at=event["decided_at"],
        tone="bad",
        children=_refused_response(reader, event),
    )


def _refused_response(reader: Reader, event: Row) -> tuple[Node, ...]:
    """The stored response that held the refused rows: the newest one that covers them."""
    provider, _, dataset = str(event["dataset"]).removeprefix("raw.").partition("__")
    fetch = reader.row(
        "select fetches.*, (select count(*) from ops.exchange_sessions "
        "where session_date between $first and $last) as row_count "
        "from ops.fetches as fetches left join ops.nights as nights using (run_id) "
        "where fetches.provider = $provider and fetches.dataset = $dataset "
        "and fetches.symbol in ($symbol, '*') and fetches.response_hash is not null "
        "and coalesce(fetches.window_start, $first) <= $last "
        "and coalesce(fetches.window_end, $last) >= $first "
        "order by nights.night is not distinct from $night desc, fetches.requested_at desc limit 1",
        provider=provider,
        dataset=dataset,
        symbol=event["symbol"],
        first=event["first_date"],
        last=event["last_date"],
        night=event["night"],
    )
    if fetch is None:
        return ()
    response = Response(
        provider=provider,
        response_hash=fetch["response_hash"],
        relation=str(event["dataset"]),
        subject=event["symbol"],
        row_count=fetch["row_count"],
        first_date=event["first_date"],
        last_date=event["last_date"],
        fetched_at=fetch["requested_at"],
        ledger_version=event["ledger_version"],
    )
    return (Node("stored response", fetch["response_hash"], response=response),)


def last_bar_nodes(reader: Reader, decision: Decision, symbol: str) -> tuple[Node, ...]:
    """The newest bar of a symbol that has none on the session itself."""
    bars = adjusted_bars(reader, symbol, decision.session, count=1)
    if not bars or bars[0]["session_date"] == decision.session:
        return ()
    bar = bar_node(reader, symbol, bars[0]["session_date"])
    leaves = response_nodes(reader, staged_bars(reader, symbol, bars), subject=symbol)
    return (replace(bar, what=f"last usable {bar.what}", children=leaves),)
