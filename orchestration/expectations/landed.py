"""The landed tables of one night, each piece prepared once and shared by the suites."""

from collections.abc import Mapping
from functools import cached_property

import pandas as pd

from orchestration.expectations import (
    coverage,
    landed_actions,
    landed_bars,
    landed_companies,
    landed_intraday,
    landed_series,
)
from orchestration.expectations.outcome import GateContext

FRED_TABLE = "raw.fred__observations"
SUBJECTS = ("symbol", "series_id", "index_name", "strategy", "variant")
TEXT = (
    *(*SUBJECTS, "bar_interval", "story_id", "dividend_id", "headline", "metric", "maturity"),
    *("name", "sector", "sentiment"),
)


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """One type for subjects and one for dates, whatever the reader of the database made of them."""
    changed: dict[str, pd.Series] = {}
    for name in frame.columns:
        if name in SUBJECTS:
            changed[name] = frame[name].astype("str")
        elif name.endswith("_date") or name == "effective_session":
            changed[name] = pd.to_datetime(frame[name]).astype("datetime64[us]")
    return frame.assign(**changed).reset_index(drop=True)


def empty_table(columns: tuple[str, ...]) -> pd.DataFrame:
    """A table that nothing has landed in yet, with the types that the preparations expect."""
    return pd.DataFrame({name: pd.Series([], dtype=_type(name)) for name in columns})


def _type(name: str) -> str:
    if name in TEXT:
        return "str"
    if name.endswith("_at"):
        return "datetime64[us, UTC]"
    return "datetime64[us]" if name.endswith("_date") else "float64"


class Landed:
    """Landed tables with what the suites judge.

    Parameters
    ----------
    tables : every raw table, tidy and with all its columns; an empty one where nothing landed.
    """

    def __init__(self, tables: Mapping[str, pd.DataFrame], context: GateContext) -> None:
        self.tables = tables
        self.context = context

    @cached_property
    def shaped_bars(self) -> dict[str, pd.DataFrame]:
        """Bars of every provider with what a single bar tells."""
        return {
            table: landed_bars.bars_with_shapes(self.tables[table], self.context.calendar)
            for table in landed_bars.BAR_TABLES
        }

    @cached_property
    def closes(self) -> pd.DataFrame:
        """One usable close per symbol and session."""
        return landed_bars.usable_closes(self.shaped_bars)

    @cached_property
    def agreed(self) -> pd.DataFrame:
        """Closes that two providers have."""
        return landed_bars.agreement(self.shaped_bars)

    @cached_property
    def splits(self) -> dict[str, pd.DataFrame]:
        """Splits of every provider beside the closes around them."""
        return {
            table: landed_actions.splits_beside_closes(self.tables[table], self.closes, table)
            for table in landed_actions.SPLIT_TABLES
        }

    @cached_property
    def dividends(self) -> dict[str, pd.DataFrame]:
        """Dividends of every provider beside the closes around them."""
        return {
            table: landed_actions.dividends_beside_closes(self.tables[table], self.closes, table)
            for table in landed_actions.DIVIDEND_TABLES
        }

    @cached_property
    def indexes(self) -> pd.DataFrame:
        """Index closes of file and quotes."""
        return landed_series.index_closes(
            self.tables[landed_series.HISTORY_TABLE],
            self.tables[landed_series.QUOTE_TABLE],
            self.context.calendar,
        )

    @cached_property
    def usable_indexes(self) -> pd.DataFrame:
        """One usable close per index and session."""
        return self.indexes[self.indexes["is_usable"]]

    @cached_property
    def actions(self) -> pd.DataFrame:
        """Splits and dividends that the gate believes, on the bars that show them."""
        return landed_actions.believed_actions(self.splits, self.dividends, self.closes)

    def bars(self, table: str) -> pd.DataFrame:
        """Bars of one provider with their moves beyond actions."""
        vix = self.usable_indexes[self.usable_indexes["index_name"] == "VIX"]
        frame = self.shaped_bars[table]
        moves = landed_bars.moves(frame, self.actions, self.agreed, vix, self.context)
        return frame.assign(move_over_limit=moves)

    def splits_of(self, table: str) -> pd.DataFrame:
        """Splits of one provider beside the closes around them."""
        return self.splits[table]

    def dividends_of(self, table: str) -> pd.DataFrame:
        """Dividends of one provider beside the closes around them."""
        return self.dividends[table]

    def intraday_bars(self, table: str) -> pd.DataFrame:
        """Intraday bars of one provider with what each must satisfy."""
        return landed_intraday.intraday_bars(self.tables[table])

    def index_rows(self, table: str) -> pd.DataFrame:
        """Index closes that landed in one table."""
        return self.indexes[self.indexes["table"] == table]

    def observations(self) -> pd.DataFrame:
        """Macro observations with what each must satisfy."""
        return landed_series.observations(self.tables[FRED_TABLE], self.context)

    def stories(self, table: str) -> pd.DataFrame:
        """News of one provider with what each story must satisfy."""
        return landed_series.stories(self.tables[table])

    def figures(self, table: str) -> pd.DataFrame:
        """Company figures of one provider with what each must satisfy."""
        return landed_companies.company_figures(self.tables[table])

    def profiles(self, table: str) -> pd.DataFrame:
        """Company profiles with what each must satisfy."""
        return landed_companies.profiles(self.tables[table])

    def story_opinions(self, table: str) -> pd.DataFrame:
        """What a provider thinks of stories, with what each opinion must satisfy."""
        return landed_companies.story_opinions(self.tables[table])

    def weekly_opinions(self, table: str) -> pd.DataFrame:
        """What a provider thinks of a week's news, with what each opinion must satisfy."""
        return landed_companies.weekly_opinions(self.tables[table])

    def dividend_sides(self) -> pd.DataFrame:
        """Ex-dates that two providers have."""
        return landed_actions.dividends_side_by_side(self.dividends)

    def split_sides(self) -> pd.DataFrame:
        """Splits that two providers have."""
        return landed_actions.split_ratios_side_by_side(self.splits)

    def bar_coverage(self) -> pd.DataFrame:
        """Holes and age of every symbol, all providers together."""
        return coverage.session_coverage(
            self.closes, "symbol", self.context, required=self.context.required_symbols
        )

    def index_coverage(self) -> pd.DataFrame:
        """Holes and age of every index, file and quotes together."""
        return coverage.session_coverage(
            self.usable_indexes,
            "index_name",
            self.context,
            required=self.context.required_indexes,
        )

    def series_coverage(self) -> pd.DataFrame:
        """Age of every awaited macro series."""
        return coverage.series_coverage(self.tables[FRED_TABLE], self.context)

    def kept_history(self, table: str) -> pd.DataFrame:
        """One table's history against what an earlier night saw."""
        found = coverage.history_extents({table: self.tables[table]})
        return coverage.kept_history(table, found, self.context.previous_extents)
