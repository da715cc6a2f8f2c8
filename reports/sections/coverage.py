"""Whether losses beyond the value at risk were as rare as it promises, in plain words."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from reports import wording
from reports.bars import Axis, Piece, Tick, bar
from reports.night import Night
from reports.queries import Array, Row

LEVEL = 0.05  # a p-value below it is not put down to chance
MULTIPLES = Axis(0.0, 2.5)  # of what was promised: what lies beyond is in the figures
LEAST_SHOWN = 0.001
KUPIEC = "kupiec"
INDEPENDENCE = "christoffersen_independence"
CONDITIONAL = "christoffersen_conditional"
SAMPLES: Mapping[str, str] = {"full": "All", "3y": "3 years", "1y": "1 year"}
MEASURES: Mapping[str, str] = {
    "var_95_historical": "VaR 95, historical",
    "var_99_historical": "VaR 99, historical",
    "var_95_parametric": "VaR 95, parametric",
    "var_99_parametric": "VaR 99, parametric",
}


def coverage_section(night: Night) -> dict[str, Any]:
    """The tests by measure and sample with their verdicts, and a sentence on the far tail."""
    columns = ("measure", "sample", "test", "n_sessions", "exceedances", "expected_exceedances",
               "p_value")  # fmt: skip
    grouped: dict[tuple[str, str], dict[str, Row]] = {}
    for row in night.published.rows("analytics.risk_tests", columns):
        grouped.setdefault((row["measure"], row["sample"]), {})[row["test"]] = row
    told = _exceedances(night)
    groups = []
    for measure in sorted({measure for measure, _ in grouped}, key=_place_of(MEASURES)):
        samples = sorted((s for m, s in grouped if m == measure), key=_place_of(SAMPLES))
        rows = [_row(sample, grouped[measure, sample], told.get(measure)) for sample in samples]
        groups.append({"name": MEASURES.get(measure, measure), "rows": rows})
    return {
        "groups": groups,
        "warnings": [
            sentence
            for measure in ("var_99_historical", "var_99_parametric")
            if (sentence := tail_sentence(measure, grouped.get((measure, "full"), {})))
        ],
    }


def _place_of(known: Mapping[str, str]) -> Any:
    """Sort what is known as it is listed, and the rest behind it by name."""
    places = {name: at for at, name in enumerate(known)}
    return lambda name: (places.get(name, len(places)), name)


def _exceedances(night: Night) -> dict[str, Array]:
    """Of each measure the sessions that had a forecast, 1 where it was exceeded."""
    columns = [f"is_{measure}_exceeded" for measure in MEASURES]
    found = night.published.arrays(
        "analytics.risk_daily",
        columns,
        where="session_date <= ?",
        order_by="session_date",
        parameters=[night.session],
    )
    return {
        measure: found[name][np.isfinite(found[name])]
        for measure, name in zip(MEASURES, columns, strict=True)
    }


def is_clustered(told: Array) -> bool:
    """Whether an exceedance is likelier after one than otherwise.

    Parameters
    ----------
    told : (n,) in order of time, 1 for an exceedance and 0 for none.
    """
    after = told[1:][told[:-1] == 1.0]
    return bool(after.size) and float(after.mean()) > float(told.mean())


def _row(sample: str, tests: Mapping[str, Row], told: Array | None) -> dict[str, Any]:
    first = next(iter(tests.values()))
    found, expected = first["exceedances"], first["expected_exceedances"]
    p = {name: tests[name]["p_value"] if name in tests else None for name in
         (KUPIEC, INDEPENDENCE, CONDITIONAL)}  # fmt: skip
    n = first["n_sessions"] or 0
    clusters = told is None or not told.size or is_clustered(told[-n:])
    word = verdict(found, expected, p, spread="in clusters" if clusters else "too regular")
    return {
        "sample": SAMPLES.get(sample, sample),
        "n": first["n_sessions"],
        "found": found,
        "expected": expected,
        "bar": _bar(found, expected),
        "p": [{"text": _probability(value), "is_low": value is not None and value < LEVEL}
              for value in p.values()],
        "verdict": word,
        "is_kept": word == "as promised",
        "is_open": word == "too short to tell",
    }  # fmt: skip


def _probability(value: float | None) -> str:
    """A p-value in percent, in which nothing is certain."""
    if value is not None and value < LEAST_SHOWN:
        return f"< {wording.percent(LEAST_SHOWN, 1)}"
    return wording.percent(value, 1)


def _bar(found: int | None, expected: float | None) -> Any:
    """Draw exceedances as a multiple of what was promised, so that all rows share their tick."""
    if found is None or not expected:
        return bar(MULTIPLES, ())
    kind = "over" if found > expected else "main"
    return bar(MULTIPLES, [Piece(0.0, found / expected, kind)], [Tick(1.0, "bound")])


def verdict(
    found: float | None,
    expected: float | None,
    p_values: Mapping[str, float | None],
    *,
    spread: str = "in clusters",
) -> str:
    """Say in words what the tests found, at a level of 5 %.

    Parameters
    ----------
    found, expected : losses beyond the forecast, and as many as it promises.
    p_values : by test; None where the sample is too short for it.
    spread : what it is called when they do not come independently.

    Notes
    -----
    Where only the joint test rejects, the part of it that is the less likely names the fault.
    """
    counted, alone = p_values.get(KUPIEC), p_values.get(INDEPENDENCE)
    joint = p_values.get(CONDITIONAL)
    if found is None or expected is None or counted is None:
        return "too short to tell"
    many = "too many" if found > expected else "too few"
    faults = [many] if counted < LEVEL else []
    if alone is not None and alone < LEVEL:
        faults.append(spread)
    if not faults and joint is not None and joint < LEVEL and alone is not None:
        faults.append(many if counted <= alone else spread)
    return ", ".join(faults) or "as promised"


def tail_sentence(measure: str, tests: Mapping[str, Row]) -> str:
    """Say that losses beyond 99 % came more often than promised; empty where they did not."""
    row = tests.get(KUPIEC)
    if row is None or not row["n_sessions"] or not row["expected_exceedances"]:
        return ""
    found, expected, n = row["exceedances"], row["expected_exceedances"], row["n_sessions"]
    if found is None or found <= expected:
        return ""
    kind = measure.rpartition("_")[2]
    p = row["p_value"]
    is_chance = p is None or p >= LEVEL
    closing = (
        "which chance alone could explain."
        if is_chance
        else f"so read it as a loss of {wording.percent(found / n, 1)} of sessions, not of 1 %."
    )
    return (
        f"Losses beyond the {kind} VaR 99 came in {found:,} of {n:,} sessions where "
        f"{wording.number(expected, 1)} were promised, {wording.times(found / expected, 1)} as "
        f"often, {closing}"
    )
