"""From options to a variant: a row of a strategy's seed, or one more row beside them.

The SQL reads its parameters from the seeds' rows, so a variant that is only asked for once needs no
SQL of its own: its row joins the seeds of a scratch build.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestration.errors import UsageError
from orchestration.seeds import seed_rows
from warehouse.connection import Connection

Row = Mapping[str, Any]
NOT_PARAMETERS = ("variant", "is_default")


@dataclass(frozen=True)
class AskedVariant:
    """The variant that a command evaluates.

    `rows`: seed → the row to add, empty where the grid has the variant. `variables`: dbt variables
    that differ from the project's. `extras`: what makes it a trial of its own besides its seed row.
    """

    strategy: str
    name: str
    rows: Mapping[str, Row] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    extras: Mapping[str, Any] = field(default_factory=dict)

    def add_to(self, build: Connection) -> None:
        """Add its rows to the seeds of a scratch build."""
        for seed, row in self.rows.items():
            columns = ", ".join(row)
            marks = ", ".join("?" for _ in row)
            build.execute(
                f"insert into seeds.{seed} ({columns}) values ({marks})", list(row.values())
            )


def equity_variant(
    *, mode: str, style: str, has_credit_overlay: bool, has_vix_throttle: bool
) -> AskedVariant:
    """Name or add the equity variant of some options.

    Raises
    ------
    UsageError
        No such style or mode.
    """
    _refuse_unknown("--style", style, [row["style"] for row in seed_rows("equity_styles")])
    _refuse_unknown("--mode", mode, ["position", "event"])
    name = f"{style}_{mode}"
    name += "" if has_credit_overlay else "_no_overlay"
    name += "" if has_vix_throttle else "_no_throttle"
    return _asked(
        "equities",
        "equity_variants",
        name,
        {
            "style": style,
            "mode": mode,
            "has_credit_overlay": has_credit_overlay,
            "has_vix_throttle": has_vix_throttle,
        },
    )


def credit_variant(
    *,
    rule: str,
    entry_zscore: float,
    percentiles: tuple[float, float] | None,
    momentum_sessions: int,
    is_oas_disabled: bool,
) -> AskedVariant:
    """Name or add the credit variant of some options.

    Parameters
    ----------
    rule : `zscore` or `momentum_ratio`.
    entry_zscore : deviations beyond which a position opens.
    percentiles : lower and upper gate of the entries, in percent; None for no gate.
    momentum_sessions : horizon of the momentum ratio.
    is_oas_disabled : whether decisions always read the price proxy.

    Raises
    ------
    UsageError
        No such rule, or a number outside its range.
    """
    _refuse_unknown("--strategy", rule, ["zscore", "momentum_ratio"])
    if rule == "momentum_ratio":
        if momentum_sessions < 2:
            raise UsageError(f"--momentum-sessions is {momentum_sessions}: take at least 2.")
        name = "momentum_ratio" + ("" if momentum_sessions == 60 else f"_w{momentum_sessions}")
        row: dict[str, Any] = {"rule": rule, "momentum_sessions": momentum_sessions}
    else:
        name, row = _zscore_variant(entry_zscore, percentiles)
    asked = _asked("credit", "credit_variants", name, row)
    if not is_oas_disabled:
        return asked
    return AskedVariant(
        "credit",
        asked.name,
        asked.rows,
        variables={"is_oas_disabled": True},
        extras={"is_oas_disabled": True},
    )


def volatility_variant(
    *, holds: str, contango_max_ratio: float, backwardation_min_ratio: float, vix_cap: float
) -> AskedVariant:
    """Name or add the volatility variant of some options.

    Raises
    ------
    UsageError
        No such position, or thresholds that contradict each other.
    """
    _refuse_unknown("--term-structure", holds, ["contango", "backwardation", "both"])
    _refuse_infinite("--contango-ratio", contango_max_ratio)
    _refuse_infinite("--backwardation-ratio", backwardation_min_ratio)
    _refuse_infinite("--vix-cap", vix_cap)
    if not 0.0 < contango_max_ratio < backwardation_min_ratio or vix_cap <= 0.0:
        raise UsageError(
            f"--contango-ratio {contango_max_ratio:g} must lie below --backwardation-ratio "
            f"{backwardation_min_ratio:g}, and --vix-cap {vix_cap:g} above 0."
        )
    name = holds
    name += "" if vix_cap == 30 else f"_v{_exact(vix_cap)}"
    name += "" if contango_max_ratio == 0.98 else f"_r{_exact(contango_max_ratio)}"
    name += "" if backwardation_min_ratio == 1.02 else f"_b{_exact(backwardation_min_ratio)}"
    return _asked(
        "volatility",
        "volatility_variants",
        name,
        {
            "holds": holds,
            "contango_max_ratio": contango_max_ratio,
            "backwardation_min_ratio": backwardation_min_ratio,
            "vix_cap": vix_cap,
        },
    )


def intraday_variant(*, style: str, interval: str) -> AskedVariant:
    """Name the intraday variant of some options.

    Raises
    ------
    UsageError
        No such style or interval.
    """
    rows = seed_rows("intraday_variants")
    _refuse_unknown("--style", style, sorted({row["style"] for row in rows}))
    _refuse_unknown("--interval", interval, sorted({row["bar_interval"] for row in rows}))
    (name,) = (
        row["variant"] for row in rows if (row["style"], row["bar_interval"]) == (style, interval)
    )
    return AskedVariant("intraday", name)


def _zscore_variant(
    entry_zscore: float, percentiles: tuple[float, float] | None
) -> tuple[str, dict[str, Any]]:
    _refuse_infinite("--entry-z", entry_zscore)
    if entry_zscore <= 0.0:
        raise UsageError(f"--entry-z is {entry_zscore:g}: it must be above 0.")
    name = "zscore" if percentiles is None else "zscore_percentile"
    name += "" if entry_zscore == 1 else f"_z{_exact(entry_zscore)}"
    row: dict[str, Any] = {"rule": "zscore", "entry_zscore": entry_zscore}
    if percentiles is not None:
        lower, upper = percentiles
        if not 0.0 <= lower < upper <= 100.0:
            raise UsageError(
                f"--lower-pct {lower:g} and --upper-pct {upper:g}: take 0 <= lower < upper <= 100."
            )
        name += "" if (lower, upper) == (10, 90) else f"_p{_exact(lower)}_{_exact(upper)}"
        row |= {"lower_percentile": lower / 100.0, "upper_percentile": upper / 100.0}
    return name, row


def _asked(strategy: str, seed: str, name: str, row: Row) -> AskedVariant:
    """The grid's own variant where one has these parameters, else one more row."""
    for known in seed_rows(seed):
        parameters = {key: text for key, text in known.items() if key not in NOT_PARAMETERS}
        if all(_is_same(text, row.get(key)) for key, text in parameters.items()):
            return AskedVariant(strategy, known["variant"])
    return AskedVariant(strategy, name, {seed: {"variant": name, **row, "is_default": False}})


def _is_same(text: str, value: Any) -> bool:
    """Whether a cell of a seed says the same as an option."""
    if value is None:
        return text == ""
    if isinstance(value, bool):
        return text == str(value).lower()
    if isinstance(value, str):
        return text == value
    return text != "" and float(text) == float(value)


def _exact(value: float) -> str:
    """A number as part of a name: short, and another one for another number."""
    short = f"{value:g}"
    return short if float(short) == value else repr(value)


def _refuse_infinite(option: str, value: float) -> None:
    if not math.isfinite(value):
        raise UsageError(f"{option} is {value}: write a number.")


def _refuse_unknown(option: str, value: str, known: list[str]) -> None:
    if value not in known:
        raise UsageError(f"{option} is '{value}': take one of {', '.join(known)}.")
