"""A credit spread's own value: the two observations or prices that it is the difference of."""

import math
from dataclasses import replace
from datetime import date, datetime

from warehouse.why.features import close_node, staged_bars
from warehouse.why.node import Node
from warehouse.why.reading import Reader, Row
from warehouse.why.sources import PROVENANCE, response_nodes
from warehouse.why.wording import counted

JOINED = "intermediate.int_spreads_joined_as_of"
OBSERVATIONS = "staging.stg_fred__observations"
SOURCE_WORDS = {"oas": "option-adjusted spreads", "price_proxy": "log of LQD over log of HYG"}


def spread_node(reader: Reader, joined: Row, measured: Row | None) -> Node:
    """The spread itself, how old it is, and the two values that it is the difference of."""
    source, observed = joined["spread_source"], joined["observed_date"]
    age = joined["age_sessions"]
    most = reader.count("spread_max_age_sessions")
    old = f"{counted(age, 'session')} old"
    says = f"{SOURCE_WORDS[source]} of {observed}, {old} (used while at most {most} old)"
    if source == "price_proxy":
        says = (
            f"{SOURCE_WORDS[source]} of {observed}, {old}; "
            f"{_why_proxy(reader, joined['decided_at'], joined['session_date'])}"
        )
        parts = _proxy_terms(reader, observed)
    else:
        parts = _oas_terms(reader, observed, measured)
    return Node(
        "high-yield less investment-grade spread",
        joined["hy_ig_spread_pct"],
        "%" if source == "oas" else "log points",
        says,
        relation=JOINED,
        available_at=joined["available_at"],
        equation="difference" if len(parts) == 2 else None,
        children=parts,
    )


def _oas_terms(reader: Reader, observed: date, measured: Row | None) -> tuple[Node, ...]:
    if measured is None:
        return ()
    pairs = (
        ("high-yield OAS", reader.text("high_yield_series"), measured["hy_oas_pct"]),
        ("investment-grade OAS", reader.text("investment_grade_series"), measured["ig_oas_pct"]),
    )
    return tuple(
        observation_node(
            reader, what, series, value, observed, known_at=measured["available_at"]
        ).as_term()
        for what, series, value in pairs
    )


def observation_node(
    reader: Reader,
    what: str,
    series: str,
    value: float,
    observed: date,
    *,
    known_at: datetime,
) -> Node:
    """One FRED observation in the version that was known at a moment, and its response."""
    staged = reader.rows(
        f"select '{OBSERVATIONS}' as relation, observed_date as day, source_endpoint, "
        f"{PROVENANCE} from {OBSERVATIONS} where series_id = $series "
        "and observed_date = $observed and available_at <= $known_at "
        "order by ledger_version desc limit 1",
        series=series,
        observed=observed,
        known_at=known_at,
    )
    how = f", {staged[0]['source_endpoint']}" if staged else ""
    return Node(
        what,
        value,
        "%",
        f"{series} of {observed}{how}",
        relation=OBSERVATIONS,
        available_at=staged[0]["available_at"] if staged else None,
        children=response_nodes(reader, staged, subject=series),
    )


def _proxy_terms(reader: Reader, observed: date) -> tuple[Node, ...]:
    """The logs of the two funds' adjusted closes."""
    nodes = []
    for fund in (reader.text("investment_grade_fund"), reader.text("high_yield_fund")):
        close = fund_close_node(reader, fund, observed)
        if close is None or not isinstance(close.value, float):
            return ()
        value = math.log(close.value)
        nodes.append(Node(f"ln of {fund}", value, "log points", is_term=True, children=(close,)))
    return tuple(nodes)


def fund_close_node(reader: Reader, fund: str, session: date) -> Node | None:
    """A fund's adjusted close with the stored response of its bar."""
    close = close_node(reader, fund, session)
    if close is None:
        return None
    bars = reader.rows(
        "select session_date, provider from intermediate.int_prices_adjusted "
        "where symbol = $fund and session_date = $session",
        fund=fund,
        session=session,
    )
    leaves = response_nodes(reader, staged_bars(reader, fund, bars), subject=fund)
    return replace(close, children=(*close.children, *leaves))


def _why_proxy(reader: Reader, decided_at: datetime, session: date) -> str:
    """Why the price proxy stood in for the option-adjusted spreads."""
    newest = reader.row(
        "select max(session_date) as day from marts.fct_spreads "
        "where spread_source = 'oas' and available_at <= $decided_at",
        decided_at=decided_at,
    )
    day = newest["day"] if newest else None
    if day is None:
        return "used because no option-adjusted spread was known"
    row = reader.row(
        "select count(*) as age from ops.exchange_sessions "
        "where session_date > $day and session_date <= $session",
        day=day,
        session=session,
    )
    age = row["age"] if row else None
    return (
        f"used because the newest option-adjusted spread, of {day}, is {age} sessions old "
        f"and at most {reader.count('spread_max_age_sessions')} are allowed"
    )
