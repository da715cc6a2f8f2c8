"""Plain blocks of the dashboard, and how each kind of block is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from reports.dashboard.columns import label
from reports.dashboard.markup import table_html, tiles_html
from reports.queries import Row

MOST_PLAIN_ROWS = 60
"""A longer table stands in a grid of its own that scrolls, sorts and searches."""


WIDTHS: Mapping[str, Literal["medium", "large"]] = {"reason": "large", "expectation": "medium"}


@dataclass(frozen=True)
class Heading:
    """A title within a page."""

    text: str


@dataclass(frozen=True)
class Words:
    """A sentence, shown as it is: never as markdown or HTML."""

    text: str


@dataclass(frozen=True)
class Tiles:
    """The figures to see first: each a name, a worded value, and a word about it."""

    tiles: Sequence[tuple[str, str, str]]


@dataclass(frozen=True)
class Table:
    """Rows as mappings; `percents` names columns of fractions, `amounts` of money or shares.

    `signed`: columns of changes, which carry their sign. `figures`: columns of numbers that are
    words already. `codes`: columns whose name is shown as it is.
    """

    rows: Sequence[Row]
    percents: tuple[str, ...] = ()
    amounts: tuple[str, ...] = ()
    empty: str = "Nothing to show."
    signed: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Figures:
    """Charts one below the other."""

    figures: Sequence[go.Figure] = field(default=())
    empty: str = "No history yet."


Block = Heading | Words | Tiles | Table | Figures


def show(block: Block) -> None:
    """Show one block."""
    if isinstance(block, Heading):
        st.subheader(block.text, anchor=False)
    elif isinstance(block, Words):
        st.text(block.text)
    elif isinstance(block, Tiles):
        st.html(tiles_html(block.tiles))
    elif isinstance(block, Table):
        _show_table(block)
    elif block.figures:
        for figure in block.figures:
            st.plotly_chart(figure, config={"displaylogo": False})
    else:
        st.caption(block.empty)


def _show_table(table: Table) -> None:
    if not table.rows:
        st.caption(table.empty)
    elif len(table.rows) > MOST_PLAIN_ROWS:
        _show_grid(table)
    else:
        st.html(
            table_html(
                table.rows,
                percents=table.percents,
                signed=table.signed,
                figures=table.figures,
                codes=table.codes,
            )
        )


def _show_grid(table: Table) -> None:
    columns = {
        name: st.column_config.Column(label(name), width=WIDTHS.get(name)) for name in table.rows[0]
    }
    columns |= {
        name: st.column_config.DatetimeColumn(
            f"{label(name)}, UTC", format="YYYY-MM-DD HH:mm", timezone="UTC"
        )
        for name, value in table.rows[0].items()
        if isinstance(value, datetime)
    }
    columns |= {
        name: st.column_config.NumberColumn(label(name), format="%.2f %%")
        for name in table.percents
    }
    columns |= {
        name: st.column_config.NumberColumn(label(name), format="localized")
        for name in table.amounts
    }
    rows = [
        {
            name: _percentage(value) if name in table.percents else value
            for name, value in row.items()
        }
        for row in table.rows
    ]
    st.dataframe(rows, hide_index=True, column_config=columns, placeholder="\u2013")


def _percentage(fraction: float | None) -> float | None:
    # rounded, so that a hair below zero does not show as -0.00
    return None if fraction is None else round(100 * fraction, 4) + 0.0
