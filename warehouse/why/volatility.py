"""Volatility: the term structure of the VIX, and what one unit of a fund is levered."""

from datetime import date

from warehouse.why.node import OF_SLEEVE, TIMES, Equation, Node
from warehouse.why.reading import Reader, Row
from warehouse.why.rules import decisive, rule_node
from warehouse.why.signals import SIGNALS, in_words, signal_in_force, signal_row
from warehouse.why.sources import INDEX_STAGING, PROVENANCE, response_nodes

TARGETS = "intermediate.int_volatility_targets_weighted"
STRUCTURE = "intermediate.int_term_structure_measured"
CLOSES = "intermediate.int_index_closes_reconciled"


def volatility_target(
    reader: Reader, variant: str, symbol: str, session: date
) -> tuple[Equation | None, list[Node]]:
    """The factors of a fund's target: the signal and the weight per unit of leverage.

    Parameters
    ----------
    reader : the published file.
    variant : the governing one; what it holds and its thresholds decide.
    symbol, session : which fund of which session.

    Returns
    -------
    The equation of the target and its nodes.
    """
    row = target_row(reader, variant, symbol, session)
    if row is None or row["wanted_signal"] is None:
        return None, [signal_in_force(reader, "volatility", variant, symbol, session)]
    signal = Node(
        "signal",
        row["wanted_signal"],
        says=in_words(signal_row(reader, "volatility", variant, symbol, session), session),
        relation=SIGNALS,
        available_at=row["decided_at"],
        is_term=True,
        children=(*_rule_nodes(reader, row), *_structure(reader, session)),
    )
    return "product", [signal, _weight_node(reader, row).as_term()]


def target_row(reader: Reader, variant: str, symbol: str, session: date) -> Row | None:
    """What a variant wants of a fund, and the conditions that it was judged by."""
    return reader.row(
        "select * from intermediate.int_volatility_targets_weighted "
        "where variant = $variant and symbol = $symbol and session_date = $session",
        variant=variant,
        symbol=symbol,
        session=session,
    )


def term_structure_node(reader: Reader, session: date) -> Node | None:
    """Contango, flat or backwardation, from the ratio down to the two index closes."""
    row = reader.row(
        "select structure.*, sessions.decided_at "
        "from intermediate.int_term_structure_measured as structure "
        "inner join ops.exchange_sessions as sessions using (session_date) "
        "where structure.session_date = $session",
        session=session,
    )
    if row is None:
        return None
    low, high = reader.number("contango_max_ratio"), reader.number("backwardation_min_ratio")
    is_late = row["available_at"] > row["decided_at"]
    late = "; known only after the decision, so it decided nothing" if is_late else ""
    return Node(
        "term structure",
        row["term_structure"],
        says=f"contango at a ratio of at most {low:g}, backwardation from {high:g} on{late}",
        relation=STRUCTURE,
        available_at=row["available_at"],
        children=(
            Node(
                "VIX over VIX3M",
                row["vix_vix3m_ratio"],
                "ratio",
                relation=STRUCTURE,
                available_at=row["available_at"],
                equation="quotient",
                children=(
                    index_node(reader, "VIX", session).as_term(),
                    index_node(reader, "VIX3M", session).as_term(),
                ),
            ),
        ),
    )


def index_node(reader: Reader, index_name: str, session: date) -> Node:
    """The close of an index and the stored response that it came in."""
    close = reader.row(
        "select * from intermediate.int_index_closes_reconciled "
        "where index_name = $index_name and session_date = $session",
        index_name=index_name,
        session=session,
    )
    if close is None:
        return Node(f"{index_name} close", None, says="there is none", relation=CLOSES)
    relation = INDEX_STAGING[close["source"]]
    column, day = "index_name", "session_date"
    subject = index_name
    if close["source"] == "fred":
        column, day, subject = "series_id", "observed_date", reader.text("vix_series")
    staged = reader.rows(
        f"select '{relation}' as relation, {day} as day, {PROVENANCE} from {relation} "
        f"where {column} = $subject and {day} = $session order by ledger_version limit 1",
        subject=subject,
        session=session,
    )
    words = {
        "file": "from Cboe's file",
        "quote": "Cboe's delayed quote; its file comes later",
        "fred": "FRED's copy, which fills a hole",
    }
    return Node(
        f"{index_name} close",
        close["close_points"],
        "points",
        f"{session}, {words[close['source']]}",
        relation=CLOSES,
        available_at=close["available_at"],
        children=response_nodes(reader, staged, subject=subject),
    )


def _structure(reader: Reader, session: date) -> tuple[Node, ...]:
    node = term_structure_node(reader, session)
    if node is None:
        return (Node("term structure", None, says="no VIX or VIX3M close", relation=STRUCTURE),)
    return (node,)


def _rule_nodes(reader: Reader, row: Row) -> tuple[Node, ...]:
    """The conditions for holding this fund, each with whether it holds."""
    if row["is_ended"]:
        return (rule_node("tradable", False, "its bars have stopped", TARGETS),)
    ratio, vix = decisive(reader, row["vix_vix3m_ratio"]), decisive(reader, row["vix"])
    is_short = row["symbol"] == reader.text("short_volatility_fund")
    held = "contango" if is_short else "backwardation"
    nodes = [
        rule_node(
            f"variant holds in {held}", row["holds"] in (held, "both"), f"{row['variant']}", TARGETS
        ),
        rule_node(
            "instrument exists", row["is_valid"], f"on {row['effective_session']}, at the fill",
            "seeds.instrument_validity",
        ),
    ]  # fmt: skip
    if is_short:
        bound, cap = row["contango_max_ratio"], row["vix_cap"]
        nodes += [
            rule_node(
                "contango", ratio is not None and ratio <= bound,
                f"VIX over VIX3M at most {bound:g}", TARGETS,
            ),
            rule_node(
                "calm enough", vix is not None and vix <= cap, f"VIX at most {cap:g}", TARGETS
            ),
        ]  # fmt: skip
    else:
        bound = row["backwardation_min_ratio"]
        is_steep = ratio is not None and ratio >= bound
        says = f"VIX over VIX3M at least {bound:g}"
        nodes.append(rule_node("backwardation", is_steep, says, TARGETS))
    return tuple(nodes)


def _weight_node(reader: Reader, row: Row) -> Node:
    """The exposure wanted, divided by what one unit of the fund gives."""
    symbol, filled = row["symbol"], row["effective_session"]
    fact = reader.row(
        "select measured.leverage, measured.decided_at, seed.from_date, seed.announced_date "
        "from intermediate.int_fund_leverage as measured "
        "left join seeds.fund_leverage as seed on seed.symbol = measured.symbol "
        "and seed.leverage = measured.leverage and seed.from_date <= measured.session_date "
        "where measured.symbol = $symbol and measured.session_date = $filled "
        "order by seed.from_date desc limit 1",
        symbol=symbol,
        filled=filled,
    )
    says = f"none is listed for {symbol}, so 1"
    if fact:
        says = (
            f"{symbol} moves {fact['leverage']:g} times its index from {fact['from_date']} on, "
            f"announced {fact['announced_date']}; as effective at the fill"
        )
    return Node(
        "weight per unit of leverage",
        row["full_weight"],
        OF_SLEEVE,
        relation=TARGETS,
        available_at=row["decided_at"],
        equation="quotient",
        children=(
            Node(
                "exposure wanted", reader.number("volatility_weight"), OF_SLEEVE,
                "variable volatility_weight of dbt_project.yml", is_term=True,
            ),
            Node(
                "leverage without sign",
                abs(fact["leverage"]) if fact else 1.0,
                TIMES,
                says,
                relation="intermediate.int_fund_leverage",
                available_at=fact["decided_at"] if fact else None,
                is_term=True,
            ),
        ),
    )  # fmt: skip
