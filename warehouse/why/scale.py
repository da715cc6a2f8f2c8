"""How large the book is: target volatility over forecast, within the leverage, less what is cut."""

from dataclasses import replace

from warehouse.why.node import A_YEAR, TIMES, Node
from warehouse.why.reading import Decision, Reader, Row

PORTFOLIO_DAILY = "analytics.portfolio_daily"
CONFIGURATION = "ops.configs"
SIMULATION = "analytics/portfolio.py run_portfolio()"
FLAT = ("warming_up", "drawdown_stop")
"""First words of the overrides that keep the whole book flat."""


def portfolio_row(reader: Reader, decision: Decision) -> Row | None:
    """The portfolio's own row of the session; the very first decision has none."""
    return reader.row(
        "select * from analytics.portfolio_daily where session_date = $session",
        session=decision.session,
    )


def scale_node(reader: Reader, decision: Decision) -> Node:
    """What the sleeves' targets are multiplied by.

    A book that is cut because its volatility is above target carries the cut as a second factor:
    computed from the realised volatility; the forecast after limits stands in no table, so there it
    is what the scale says.
    """
    row = portfolio_row(reader, decision)
    if row is None:
        return Node("scale", 0.0, TIMES, "flat: the first decision, nothing is known yet")
    scale = Node(
        "scale",
        row["scale"],
        TIMES,
        relation=PORTFOLIO_DAILY,
        available_at=row["decided_at"],
    )
    override = str(row["override_reason"] or "")
    word = override.partition(":")[0]
    if word in FLAT or row["forecast_volatility_annual"] is None:
        return replace(scale, says=f"the book is flat: {override}")
    base = _base(reader, row)
    if not override:
        return replace(base, what="scale", value=row["scale"], says="")
    return replace(
        scale, equation="product", children=(base.as_term(), _cut(reader, row, base, word))
    )


def _base(reader: Reader, row: Row) -> Node:
    """min(target / forecast, largest leverage)."""
    target, largest = reader.book.target_volatility_annual, reader.book.max_leverage
    forecast = float(row["forecast_volatility_annual"])
    most = Node("max_leverage", largest, TIMES, relation=CONFIGURATION, is_term=True)
    what, says = "scale for the target volatility", "before the book is cut"
    made = {"relation": PORTFOLIO_DAILY, "available_at": row["decided_at"]}
    if forecast == 0.0:
        return Node(
            what, largest, TIMES, "nothing is wanted, so nothing bounds it", **made,
            equation="least", children=(most,),
        )  # fmt: skip
    quotient = Node(
        "target over forecast",
        target / forecast,
        TIMES,
        equation="quotient",
        is_term=True,
        children=(
            Node("target volatility", target, A_YEAR, relation=CONFIGURATION, is_term=True),
            Node(
                "forecast of the unscaled weights",
                forecast,
                A_YEAR,
                "EWMA (0.94) over the present target weights",
                relation=PORTFOLIO_DAILY,
                made_by="analytics/covariance.py EwmaCovariance",
                is_term=True,
            ),
        ),
    )
    return Node(
        what,
        min(target / forecast, largest),
        TIMES,
        says,
        **made,
        equation="least",
        children=(quotient, most),
    )


def _cut(reader: Reader, row: Row, base: Node, word: str) -> Node:
    """The factor that brings a book with too much volatility back to the target."""
    target, realised = reader.book.target_volatility_annual, row["realised_volatility_annual"]
    cut = Node(
        "cut",
        float(row["scale"]) / float(str(base.value)),
        TIMES,
        str(row["override_reason"]),
        relation=PORTFOLIO_DAILY,
        made_by=SIMULATION,
        is_term=True,
    )
    if word != "realised_volatility" or realised is None:
        return cut
    return replace(
        cut,
        value=target / realised,
        says="realised volatility is above target, so the notional is scaled down",
        equation="quotient",
        children=(
            Node("target volatility", target, A_YEAR, relation=CONFIGURATION, is_term=True),
            Node(
                "realised volatility of 60 sessions",
                realised,
                A_YEAR,
                relation=PORTFOLIO_DAILY,
                is_term=True,
            ),
        ),
    )
