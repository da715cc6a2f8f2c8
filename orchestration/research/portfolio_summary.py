"""A portfolio run on the terminal: what to hold, how it did, what bound it, what it may lose."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analytics.portfolio_research import AS_PUBLISHED
from analytics.portfolio_results import EQUAL_SLEEVES, PORTFOLIO
from orchestration.commands.text_tables import table_lines
from orchestration.frame_rows import Row, last_session, rows_of
from reports import wording
from reports.performance import MAIN_METRICS, MORE_METRICS
from reports.sections.coverage import INDEPENDENCE, KUPIEC, verdict

if TYPE_CHECKING:
    import pandas as pd

    from analytics.portfolio_research import PortfolioAnswer
    from analytics.settings import PortfolioConfig

SHOWN = (
    "cagr", "volatility_annual", "sharpe", "sortino", "max_drawdown", "turnover_annual",
    "mean_gross_exposure", "deflated_sharpe",
)  # fmt: skip
BESIDE: Mapping[str, str] = {
    EQUAL_SLEEVES: "1/N", AS_PUBLISHED: "as published", "sixty_forty": "60/40", "spy": "SPY",
}  # fmt: skip
LEVELS = ("95", "99")


def portfolio_lines(
    found: "PortfolioAnswer",
    config: "PortfolioConfig",
    *,
    night: str,
    banner: str | None,
    warnings: Sequence[str],
) -> Iterator[str]:
    """Say what came out, section by section."""
    tables = found.tables
    yield (
        f"Portfolio of {', '.join(config.strategies)} as of night {night}: method "
        f"{config.method}, target volatility "
        f"{wording.percent(config.target_volatility_annual, 1)}" + (f"  {banner}" if banner else "")
    )
    for sentence in warnings:
        yield f"WARNING: {sentence}"
    sections = {
        "What to hold": holding_lines(tables),
        "Sleeves": sleeve_lines(tables["sleeve_weights"]),
        "Net of costs, whole history": metric_lines(tables["backtest_metrics"]),
        "Target volatility by year of decision": tracking_lines(tables["portfolio_tracking"]),
        "Limits tonight": limit_lines(tables["limit_usage"]),
        "What the next session may lose": loss_lines(tables["risk_daily"], tables["risk_tests"]),
        "Under stress": stress_lines(tables["stress_results"]),
        "Orders": order_lines(tables["orders"], tables["holdings"]),
    }
    for title, lines in sections.items():
        yield ""
        yield title
        yield from lines
    yield ""
    yield f"{found.search.trials} parameter sets have been tried, this one included."


def holding_lines(tables: "Mapping[str, pd.DataFrame]") -> list[str]:
    """The last decided weights by symbol, with what the limits took."""
    weights = tables["target_weights"]
    last = last_session(weights)
    by_symbol = last.groupby("symbol")[["desired_weight", "final_weight"]].sum()
    held = by_symbol[(by_symbol != 0.0).any(axis=1)]
    if held.empty:
        reasons = sorted(set(last["override_reason"].dropna()))
        return [f"Nothing{': ' + '; '.join(reasons) if reasons else ''}."]
    rows = [
        (
            row["symbol"],
            wording.percent(row["desired_weight"]),
            wording.percent(row["final_weight"]),
        )
        for row in rows_of(held.sort_values("final_weight", ascending=False).reset_index())
    ]
    return table_lines(("symbol", "desired", "final"), rows)


def sleeve_lines(rows: "pd.DataFrame") -> list[str]:
    """The weights estimated last, with 1/N beside them."""
    last = last_session(rows)
    table = [
        (
            str(row["strategy"]),
            wording.percent(row["applied_weight"]),
            wording.percent(row["weight"]),
            wording.percent(row["equal_weight"]),
            wording.percent(row["volatility_annual"]),
            wording.percent(row["variance_share"]),
            "" if wording.is_missing(row["reason"]) else str(row["reason"]),
        )
        for row in rows_of(last)
    ]
    head = ("strategy", "in force", last["method"].iloc[0], "1/N", "volatility", "of variance", "")
    return table_lines(head, table)


def metric_lines(metrics: "pd.DataFrame") -> list[str]:
    """The portfolio beside what it can be compared with."""
    full = {
        (row["variant"], row["metric"]): row
        for row in rows_of(metrics[metrics["sample"] == "full"])
    }
    columns = {"default": PORTFOLIO}
    columns |= {name: label for name, label in BESIDE.items() if (name, "cagr") in full}
    kinds = {kind.code: kind for kind in (*MAIN_METRICS, *MORE_METRICS)}
    rows = []
    for code in SHOWN:
        kind = kinds[code]
        word: Any = wording.percent if kind.form == "percent" else wording.number
        cells = [_told(full, name, code, word) for name in columns]
        rows.append((kind.label, *cells, kind.unit))
    return table_lines(("", *columns.values(), ""), rows)


def _told(rows: Mapping[tuple[str, str], Row], variant: str, code: str, word: Any) -> str:
    row = rows.get((variant, code))
    if row is None:
        return wording.DASH
    text: str = word(row["value"])
    if code == "sharpe" and not wording.is_missing(row["lower"]):
        text += f" ({word(row['lower'])} to {word(row['upper'])})"
    return text


def tracking_lines(rows: "pd.DataFrame") -> list[str]:
    """Realised against target volatility, how often something bound, and the forecasts' scores."""
    if rows.empty:
        return ["Nothing yet: the portfolio is flat until its sixtieth session."]
    periods: dict[str, dict[str, float]] = {}
    for row in rows_of(rows):
        periods.setdefault(row["period"], {})[row["metric"]] = row["value"]
    full = periods.pop("full")
    lines = table_lines(
        (
            "", "realised", "of target", "unbound", "untouched", "realised unbound",
            "cut by realised", "bound by",
        ),
        [_tracked(period, values) for period, values in [*periods.items(), ("all", full)]],
    )  # fmt: skip
    return [
        *lines,
        "Unbound: neither the leverage bound nor a limit acted. Untouched: nor was the notional "
        "cut, the book stopped or a symbol without a bar.",
        f"Forecast: QLIKE {wording.number(full['qlike_forecast'], 3)} against "
        f"{wording.number(full['qlike_baseline'], 3)} of the EWMA of its own returns (smaller is "
        f"better); bias {wording.number(full['bias_forecast'])} against "
        f"{wording.number(full['bias_baseline'])} (above 1: risk was understated).",
    ]


def _tracked(period: str, values: Mapping[str, float]) -> tuple[str, ...]:
    shares = {
        name.removeprefix("bound_share_"): value
        for name, value in values.items()
        if name.startswith("bound_share_") and value > 0.0
    }
    return (
        period,
        wording.percent(values["realised_volatility"]),
        wording.number(values["realised_over_target"]),
        wording.percent(values["unbound_share"], 0),
        wording.percent(values["untouched_share"], 0),
        wording.percent(values["unbound_volatility"]),
        wording.percent(values["cut_share_realised_volatility"], 0),
        ", ".join(f"{name} {wording.percent(share, 1)}" for name, share in shares.items()),
    )


def limit_lines(rows: "pd.DataFrame") -> list[str]:
    """How much of each limit tonight's book uses."""
    last = last_session(rows)
    table = [
        (
            str(row["limit_name"]),
            "" if wording.is_missing(row["subject"]) else str(row["subject"]),
            wording.number(row["wanted"], 3),
            wording.number(row["used"], 3),
            wording.number(row["bound"], 3),
            "BINDS" if row["is_binding"] else "",
            "" if wording.is_missing(row["note"]) else str(row["note"]),
        )
        for row in rows_of(last)
    ]
    return table_lines(("limit", "closest", "wanted", "used", "bound", "", ""), table)


def loss_lines(daily: "pd.DataFrame", tests: "pd.DataFrame") -> list[str]:
    """VaR and ES of the next session, and how earlier forecasts held."""
    if daily.empty:
        return ["Nothing yet: the portfolio has no session."]
    last = rows_of(daily.tail(1))[0]
    head = ("", "VaR 95 %", "ES 95 %", "VaR 99 %", "ES 99 %")
    rows = [
        (
            kind,
            *(
                wording.percent(last[f"{measure}_{level}_{kind}"])
                for level in LEVELS
                for measure in ("var", "es")
            ),
        )
        for kind in ("historical", "parametric")
    ]
    lines = table_lines(head, rows)
    lines += [f"Beta to SPY {wording.number(last['beta_spy'])}, drawdown now "
              f"{wording.percent(last['drawdown'], 1)}."]  # fmt: skip
    by_measure: dict[str, dict[str, Row]] = {}
    for row in rows_of(tests[tests["sample"] == "full"]):
        by_measure.setdefault(row["measure"], {})[row["test"]] = row
    columns = ("exceeded", "", "promised", "Kupiec p", "Christoffersen p", "")
    table = [_coverage(measure, found) for measure, found in by_measure.items()]
    return [*lines, *table_lines(columns, table)]


def _coverage(measure: str, found: Mapping[str, Row]) -> tuple[str, ...]:
    """How often one forecast was exceeded, judged as on the page."""
    row = found[KUPIEC]
    p = {test: row["p_value"] for test, row in found.items()}
    exceedances, expected = row["exceedances"], row["expected_exceedances"]
    return (
        measure,
        f"{exceedances} of {row['n_sessions']}",
        wording.number(expected, 1),
        wording.number(p[KUPIEC], 3),
        wording.number(p.get(INDEPENDENCE), 3),
        verdict(exceedances, expected, p, spread="not independent"),
    )


def stress_lines(rows: "pd.DataFrame") -> list[str]:
    """What tonight's book would have earned, scenario by scenario, worst first."""
    if rows.empty:
        return ["Nothing is held."]
    totals = rows.groupby(["kind", "scenario"], as_index=False).agg(
        profit=("profit_return", "sum"), held=("symbol", "size"), covered=("profit_return", "count")
    )
    table = [
        (
            row["scenario"].replace("_", " "),
            row["kind"],
            wording.percent(row["profit"], 1, signed=True) if row["covered"] else wording.DASH,
            f"without {wording.count(row['held'] - row['covered'], 'symbol')}"
            if row["held"] > row["covered"]
            else "",
        )
        for row in rows_of(totals.sort_values("profit"))
    ]
    return table_lines(("scenario", "", "of equity", ""), table)


def order_lines(orders: "pd.DataFrame", holdings: "pd.DataFrame") -> list[str]:
    """From what is held to the target."""
    is_simulated = bool(holdings["is_simulated"].all())
    source = "the simulated book" if is_simulated else "the holdings"
    if orders.empty:
        return [f"None: nothing to change in {source}."]
    table = [
        (
            str(row["side"]),
            f"{row['quantity_shares']:,.4f}".rstrip("0").rstrip("."),
            str(row["symbol"]),
            wording.usd(row["notional_usd"]),
            wording.usd(row["expected_cost_usd"], 2),
            "" if wording.is_missing(row["reason"]) else str(row["reason"]),
        )
        for row in rows_of(orders)
    ]
    total = orders["expected_cost_usd"].sum()
    return [
        *table_lines(("side", "shares", "symbol", "USD", "cost USD", ""), table),
        f"From {source}; expected cost {wording.usd(total, 2)} in all.",
    ]
