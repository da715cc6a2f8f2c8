"""Word-sized graphics: a price with the sessions held, a bar for a weight, a curve by maturity."""

from collections.abc import Sequence

import numpy as np
from markupsafe import Markup, escape

from reports import wording
from reports.scales import Values

SPARK_POINTS = 125


def price_spark(prices: Values, held: Values) -> Markup:
    """Draw a price as a hairline, thicker where a position was held.

    Parameters
    ----------
    prices : (n,) adjusted closes, oldest first.
    held : (n,) the position's sign in each session: 0 flat, -1 short, 1 long.
    """
    known = np.flatnonzero(np.isfinite(prices))
    if known.size < 2:
        return Markup("")
    step = max(1, known.size // SPARK_POINTS)
    known = known[::-1][::step][::-1]
    shown, position = prices[known], held[known]
    low, high = float(shown.min()), float(shown.max())
    xs = np.linspace(1, 99, shown.size)
    ys = 18 - 16 * (shown - low) / (high - low if high > low else 1.0)
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))
    runs = "".join(_held_runs(xs, ys, position))
    drawn = f'<path class="held" d="{runs}"/>' if runs else ""
    return Markup(
        '<svg class="spark" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true">'
        f'<path class="price" d="{line}"/>{drawn}</svg>'
    )


def _held_runs(xs: Values, ys: Values, position: Values) -> list[str]:
    steps: list[str] = []
    for at in range(1, len(xs)):
        if position[at] == 0 or not np.isfinite(position[at]):
            continue
        if position[at - 1] == 0 or not steps:
            steps.append(f"M{xs[at - 1]:.1f} {ys[at - 1]:.1f}")
        steps.append(f"L{xs[at]:.1f} {ys[at]:.1f}")
    return steps


def line_spark(values: Values, low: float, high: float) -> Markup:
    """Draw a growth path on a log scale from `low` to `high`, which all its neighbours share."""
    known = values[np.isfinite(values) & (values > 0)]
    if known.size < 2 or not 0 < low < high:
        return Markup("")
    known = known[:: max(1, known.size // SPARK_POINTS)]
    xs = np.linspace(1, 99, known.size)
    ys = 28 - 26 * np.log(known / low) / np.log(high / low)
    line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs, ys, strict=True))
    return Markup(
        '<svg class="spark tall" viewBox="0 0 100 30" preserveAspectRatio="none" '
        f'aria-hidden="true"><path class="growth" d="{line}"/></svg>'
    )


def weight_bar(weight: float, largest: float) -> Markup:
    """Draw a weight as a bar from the left, hatched when short."""
    share = 100 * min(abs(weight) / largest, 1.0) if largest > 0 else 0.0
    kind = "bar short" if weight < 0 else "bar"
    return Markup('<i class="{}"><b style="width:{}%"></b></i>').format(kind, f"{share:.1f}")


def maturity_curve(
    names: Sequence[str], days: Sequence[int], tonight: Values, earlier: Sequence[Values]
) -> Markup:
    """Draw implied volatility by horizon: tonight with its values, earlier sessions in grey.

    Parameters
    ----------
    names, days : (k,) label and horizon of each index, ascending.
    tonight : (k,) index points, NaN where missing.
    earlier : arrays (k,) of past sessions, drawn behind.
    """
    known = np.isfinite(tonight)
    if known.sum() < 2:
        return Markup("")
    everything = np.concatenate([tonight, *earlier])
    low, high = float(np.nanmin(everything)), float(np.nanmax(everything))
    # a square root spreads the near horizons, as the indices themselves scale with it
    places = np.sqrt(np.asarray(days, dtype=float))
    lefts = 6 + 88 * (places - places[0]) / (places[-1] - places[0])

    def tops(values: Values) -> Values:
        return 80 - 58 * (values - low) / (high - low if high > low else 1.0)

    parts = ['<div class="maturity"><svg viewBox="0 0 100 100" preserveAspectRatio="none">']
    parts += [_polyline(lefts, tops(past), "past") for past in earlier]
    parts += [_polyline(lefts, tops(tonight), "now"), "</svg>"]
    for name, left, top, value in zip(names, lefts, tops(tonight), tonight, strict=True):
        if np.isfinite(value):
            spot = f"left:{left:.1f}%;top:{top:.1f}%"
            parts.append(f'<i class="dot main" style="{spot}"></i>')
            parts.append(f'<span class="value" style="{spot}">{wording.number(value, 1)}</span>')
        parts.append(f'<span class="name" style="left:{left:.1f}%">{escape(name)}</span>')
    return Markup("".join([*parts, "</div>"]))


def _polyline(lefts: Values, tops: Values, kind: str) -> str:
    steps = [f"{x:.1f} {y:.1f}" for x, y in zip(lefts, tops, strict=True) if np.isfinite(y)]
    return f'<path class="{kind}" d="M{"L".join(steps)}"/>' if steps else ""


def histogram(values: Values, *, bins: int = 31) -> Markup:
    """Draw how often values fall where, losses and gains in colours and on sides of their own.

    Parameters
    ----------
    values : (n,) fractions; the outermost bars also hold what lies beyond the 1st and 99th percent.
    bins : how many bars at most.
    """
    known = values[np.isfinite(values)]
    if known.size < 5:
        return Markup("")
    reach = float(np.quantile(np.abs(known), 0.99)) or 1e-9
    half = max(min(bins, known.size) // 2, 1)
    edges = np.linspace(-reach, reach, 2 * half + 1)
    counts, _ = np.histogram(np.clip(known, -reach, reach), edges)
    width, most = 100.0 / (2 * half), counts.max()
    bars = "".join(
        f'<rect class="{"loss" if at < half else "gain"}" x="{at * width + 0.15:.2f}" '
        f'y="{60 - 58 * count / most:.1f}" width="{width - 0.3:.2f}" '
        f'height="{58 * count / most:.1f}"/>'
        for at, count in enumerate(counts)
        if count
    )
    return Markup(
        '<figure class="histogram"><svg viewBox="0 0 100 60" preserveAspectRatio="none" '
        'aria-hidden="true">{}<path d="M50 0V60"/></svg>'
        "<figcaption><span>{}</span><span>0</span><span>{}</span></figcaption></figure>"
    ).format(Markup(bars), wording.percent(-reach, 1), wording.percent(reach, 1, signed=True))
