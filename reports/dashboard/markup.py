"""Tables, tiles and trees of reasons as HTML, every text from outside escaped.

Streamlit's own grid is a canvas that cuts long sentences off and does not read well on a phone.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup, escape

from reports.dashboard.answers import Branch
from reports.dashboard.columns import cell, digits_of, is_empty, label
from reports.queries import Row

STYLE = Path(__file__).resolve().parents[1] / "templates" / "dashboard.css"
LONG_TEXT = 36
"""Characters from which on a cell may break into lines."""
OPEN_LEVELS = 2
"""Levels of a tree of reasons that are open at first."""


@lru_cache(maxsize=1)
def style_html() -> str:
    """The style sheet of what this module writes."""
    return f"<style>{STYLE.read_text(encoding='utf-8')}</style>"


def tiles_html(tiles: Sequence[tuple[str, str, str]]) -> Markup:
    """Figures in a row that breaks where the page is narrow."""
    cells = (
        Markup("<div><small>{}</small><b>{}</b><small>{}</small></div>").format(*tile)
        for tile in tiles
    )
    return Markup('<div class="tiles">{}</div>').format(Markup("").join(cells))


def table_html(
    rows: Sequence[Row],
    *,
    percents: Sequence[str] = (),
    signed: Sequence[str] = (),
    figures: Sequence[str] = (),
    codes: Sequence[str] = (),
) -> Markup:
    """Rows as a table that scrolls sideways within itself; a column without any value is left out.

    Parameters
    ----------
    rows : at least one, all with the same columns.
    percents, signed, figures, codes : as in `reports.dashboard.blocks.Table`.
    """
    first = next(iter(rows[0]))
    columns = [
        _column(
            name,
            [row[name] for row in rows],
            is_percent=name in percents,
            is_signed=name in signed,
            is_figure=name in figures,
            is_code=name in codes,
            is_first=name == first,
        )
        for name in rows[0]
        if not all(is_empty(row[name]) for row in rows)
    ]
    lines = (Markup("").join(line) for line in zip(*columns, strict=True))
    head, *body = (Markup("<tr>{}</tr>").format(line) for line in lines)
    told = Markup("").join(body)
    return Markup(
        '<div class="sheet{}" tabindex="0"><table><thead>{}</thead><tbody>{}</tbody></table></div>'
    ).format(" worded" if 'class="long"' in told else "", head, told)


def _column(
    name: str,
    values: Sequence[object],
    *,
    is_percent: bool,
    is_signed: bool,
    is_figure: bool,
    is_code: bool,
    is_first: bool,
) -> list[Markup]:
    """A column's head and cells; numbers stand flush right, long sentences may break.

    The first column names its rows and stays in one line, however long the names are.
    """
    is_right = is_figure or all(_is_number(value) for value in values if not is_empty(value))
    digits = digits_of(values)
    texts = [cell(v, is_percent=is_percent, is_signed=is_signed, digits=digits) for v in values]
    kind = Markup(' class="figure"') if is_right else Markup("")
    called = name if is_code else label(name)
    long = Markup(' class="long"')
    return [Markup('<th scope="col"{}>{}</th>').format(kind, called)] + [
        Markup('<td{} data-of="{}">{}</td>').format(
            long if len(text) >= LONG_TEXT and not (is_right or is_first) else kind, called, text
        )
        for text in texts
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def tree_html(tree: Branch) -> Markup:
    """A tree of reasons that opens branch by branch, its first levels open."""
    return Markup('<div class="reasons">{}</div>').format(
        Markup("").join(_branch(branch, 0) for branch in tree.branches)
    )


def _branch(branch: Branch, level: int) -> Markup:
    words = Markup("").join(_pieces(branch))
    if not branch.branches:
        return Markup("<div>{}</div>").format(words)
    is_open = Markup(" open") if level < OPEN_LEVELS and not branch.is_folded else Markup("")
    below = Markup("").join(_branch(child, level + 1) for child in branch.branches)
    return Markup("<details{}><summary>{}</summary>{}</details>").format(is_open, words, below)


def _pieces(branch: Branch) -> Iterator[Markup]:
    for text, tone in branch.pieces:
        words = escape(text).replace("\n", Markup("<br>"))
        yield Markup('<span class="{}">{}</span>').format(tone, words) if tone else words
