"""Small pictures for Dagster's pages, inside the metadata of an asset."""

import base64
from collections.abc import Mapping, Sequence
from pathlib import Path

import dagster as dg

from warehouse.connection import connect

WIDTH, HEIGHT, MOST_POINTS = 640, 200, 500
COLOURS = ("#0A7CC2", "#9a9a9a")
GROWTH = """
    select session_date,
        exp(sum(ln(1 + net_return)) over (partition by strategy order by session_date)) as growth
    from analytics.backtest_daily
    where strategy = ? and (strategy = 'portfolio' or variant = ?)
    order by session_date
"""


def portfolio_plot(published: Path, *, banner: str | None) -> dg.MarkdownMetadataValue:
    """What one dollar became in the backtest of a published night, the benchmark beside it.

    `banner`: what marks a world that is not the real one.
    """
    lines = {}
    with connect(published, read_only=True) as warehouse:
        for name, variant in (("portfolio", ""), ("benchmark", "spy")):
            rows = warehouse.execute(GROWTH, [name, variant]).fetchall()
            lines["SPY" if variant else name] = [row[1] for row in rows]
    return inline_picture(line_picture(lines, banner=banner), "What one dollar became, after costs")


def inline_picture(svg: str, what: str) -> dg.MarkdownMetadataValue:
    """A picture that needs no address to be fetched from."""
    content = base64.b64encode(svg.encode()).decode()
    return dg.MetadataValue.md(f"![{what}](data:image/svg+xml;base64,{content})")


def line_picture(lines: Mapping[str, Sequence[float]], *, banner: str | None = None) -> str:
    """Lines over one scale as SVG, each with its name and last value; empty ones are left out."""
    known = {name: values for name, values in lines.items() if len(values) > 1}
    everything = [value for values in known.values() for value in values]
    low, high = min(everything, default=0.0), max(everything, default=1.0)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">'
    ]
    for number, (name, values) in enumerate(known.items()):
        colour, shown = COLOURS[number % len(COLOURS)], _thinned(values)
        points = " ".join(
            f"{10 + (WIDTH - 20) * at / (len(shown) - 1):.1f},"
            f"{HEIGHT - 10 - (HEIGHT - 40) * (value - low) / ((high - low) or 1.0):.1f}"
            for at, value in enumerate(shown)
        )
        parts += [
            f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>',
            f'<text x="{10 + 160 * number}" y="16" fill="{colour}">{name} {values[-1]:.2f}</text>',
        ]
    if banner:
        parts.append(f'<text x="{WIDTH - 10}" y="16" text-anchor="end">{banner}</text>')
    return "".join([*parts, "</svg>"])


def _thinned(values: Sequence[float]) -> Sequence[float]:
    """At most so many values, the last one among them."""
    step = max(1, -(-len(values) // MOST_POINTS))
    return values[::-1][::step][::-1]
