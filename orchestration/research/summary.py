"""A research run on the terminal."""

from typing import TYPE_CHECKING, Any

from analytics.performance import FEWEST_SESSIONS_IN_MARKET
from orchestration.commands.text_tables import table_lines
from reports import wording
from reports.performance import MAIN_METRICS, MORE_METRICS
from reports.tear_sheet import Sheet

if TYPE_CHECKING:
    import pandas as pd

    from analytics.research import Answer

SHOWN = (
    "cagr", "gross_cagr", "volatility_annual", "sharpe", "gross_sharpe", "sortino", "max_drawdown",
    "hit_rate", "turnover_annual", "mean_gross_exposure", "probabilistic_sharpe",
    "deflated_sharpe",
)  # fmt: skip


def summary_lines(found: "Answer", sheet: Sheet, *, banner: str | None) -> list[str]:
    """What came out, beside the benchmarks, and how far it can be believed."""
    daily = found.tables["backtest_daily"]
    own = daily[daily["strategy"] == sheet.strategy]["session_date"]
    lines = [
        f"{wording.strategy(sheet.strategy)} {sheet.variant}, "
        f"{own.iloc[0].date()} to {own.iloc[-1].date()}, {len(own):,} sessions, "
        f"{_members(sheet)}, {sheet.cost_bps:g} bps" + (f"  {banner}" if banner else ""),
        "",
        *_metric_lines(found.tables["backtest_metrics"], sheet),
        "",
        _deflation(sheet),
    ]
    if _has_no_ratio(found.tables["backtest_metrics"], sheet):
        lines.append(
            f"No Sharpe ratio: fewer than {FEWEST_SESSIONS_IN_MARKET} sessions in the market."
        )
    oos = found.tables.get("oos")
    if oos is not None:
        lines += ["", *oos_lines(oos)]
    return lines


def _has_no_ratio(metrics: "pd.DataFrame", sheet: Sheet) -> bool:
    own = metrics[
        (metrics["strategy"] == sheet.strategy)
        & (metrics["sample"] == "full")
        & (metrics["metric"] == "sharpe")
    ]
    return bool(own["value"].isna().all())


def oos_lines(rows: "pd.DataFrame") -> list[str]:
    """The out-of-sample comparison as a table."""
    table = [
        (
            str(row.strategy),
            str(row.window),
            str(row.variant),
            wording.number(row.train_sharpe),
            wording.number(row.oos_sharpe),
            wording.number(row.sharpe_difference, signed=True),
            f"{wording.number(row.difference_lower)} to {wording.number(row.difference_upper)}"
            if not wording.is_missing(row.difference_lower)
            else wording.DASH,
            "FLAG" if row.is_flagged else "",
            wording.percent(row.false_alarm_probability, 0),
        )
        for row in rows.itertuples()
    ]
    head = (
        "strategy", "window", "variant", "train", "oos", "difference", "95 %", "flag",
        "false alarm",
    )  # fmt: skip
    return [
        "Sharpe ratio where it was chosen (train) and afterwards (oos); the flag: more than 20 % "
        "lower; false alarm: how often it goes up if nothing has changed.",
        *table_lines(head, table),
    ]


def _members(sheet: Sheet) -> str:
    if len(sheet.symbols) <= 5:
        return " ".join(sheet.symbols)
    return f"{len(sheet.symbols)} members of {sheet.universe}"


def _metric_lines(metrics: "pd.DataFrame", sheet: Sheet) -> list[str]:
    full = metrics[metrics["sample"] == "full"]
    own = sheet.benchmark.lower()
    columns: list[tuple[str, str, str]] = [(sheet.strategy, sheet.variant, sheet.variant)]
    columns += [
        ("benchmark", name, sheet.benchmark if name == own else wording.variant(name))
        for name in sheet.benchmarks
    ]
    kinds = {kind.code: kind for kind in (*MAIN_METRICS, *MORE_METRICS)}
    rows = []
    for code in SHOWN:
        kind = kinds[code]
        cells = [
            _cell(full, strategy, variant, code, kind.form) for strategy, variant, _ in columns
        ]
        rows.append((kind.label, *cells, kind.unit))
    return table_lines(("", *(label for _, _, label in columns), ""), rows)


def _cell(full: "pd.DataFrame", strategy: str, variant: str, code: str, form: str) -> str:
    row = full[
        (full["strategy"] == strategy) & (full["variant"] == variant) & (full["metric"] == code)
    ]
    if row.empty:
        return wording.DASH
    word: Any = wording.percent if form == "percent" else wording.number
    text: str = word(row["value"].iloc[0])
    lower, upper = row["lower"].iloc[0], row["upper"].iloc[0]
    if code == "sharpe" and not wording.is_missing(float(lower)):
        text += f" ({word(lower)} to {word(upper)})"
    return text


def _deflation(sheet: Sheet) -> str:
    said = f"{sheet.trials} parameter sets have been tried, this one included"
    if sheet.expected_maximum is None:
        return f"{said}."
    return (
        f"{said}: the best of so many shows a Sharpe ratio of "
        f"{wording.number(sheet.expected_maximum)} a year without any skill."
    )
