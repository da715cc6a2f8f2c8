"""The published nights that can be compared, and what each was made with."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from orchestration.errors import UsageError
from orchestration.provenance import code_hash
from orchestration.replay.comparison import kept_attempt
from orchestration.replay.nights import PUBLISHED, PublishedNight, published_night_of
from reports.difference import FILE_NAME, Difference, NightSide, read_difference
from warehouse.connection import Connection
from warehouse.home import Home


@dataclass(frozen=True)
class ComparedNight:
    """A night by its record. `folder`: of its results, None when they are not kept any more."""

    recorded: PublishedNight
    folder: Path | None

    @property
    def night(self) -> date:
        """The session it is named by."""
        return self.recorded.night

    @property
    def side(self) -> NightSide:
        """The night as the difference tells it."""
        return NightSide(
            night=self.night,
            ledger_version=self.recorded.ledger_version,
            code_hash=self.recorded.code_hash,
            config_hash=self.recorded.config_hash,
            is_rebuilt=self.folder is None,
        )


def chosen_nights(
    record: Connection, home: Home, asked: tuple[date, ...]
) -> tuple[ComparedNight, ComparedNight]:
    """Choose the two nights to compare, the earlier one first.

    Parameters
    ----------
    record : holds `ops.nights` and `ops.configs`: the ledger, or the published file.
    home : holds the folders of the last nights.
    asked : none: the latest two. One: that night and the published one before it. Two: these.

    Raises
    ------
    UsageError
        A night was not published, there is none before it, or both are the same.
    NightError
        The configuration of a night is not recorded.
    """
    if len(set(asked)) < len(asked):
        raise UsageError(f"Give two different nights: both are {asked[0]}.")
    named = {night: published_night_of(record, night) for night in asked}
    known = _published(record)
    later = max(asked, default=max(known, default=None))
    before = [night for night in known if later is not None and night < later]
    earlier = min(asked) if len(asked) > 1 else max(before, default=None)
    if later is None or earlier is None:
        what = f"night {later}: it is the first" if later else "tonight: run `mqp nightly` first"
        raise UsageError(f"There is no published night to compare with before {what}.")
    first, last = (
        named.get(night) or published_night_of(record, night) for night in (earlier, later)
    )
    return _with_folder(home, first), _with_folder(home, last)


def stored_difference(earlier: ComparedNight, later: ComparedNight) -> Difference | None:
    """The difference that the later night itself has stored, if it still says the truth.

    None where it was made with other code, against another night, or of another attempt at either.
    """
    if later.folder is None:
        return None
    found = read_difference(later.folder / FILE_NAME)
    sides = (earlier.side, later.side)
    if found is None or found.made_by != code_hash() or (found.earlier, found.later) != sides:
        return None
    return found


def _published(record: Connection) -> tuple[date, ...]:
    rows = record.execute(
        "select distinct night from ops.nights where status in (select unnest(?))",
        [list(PUBLISHED)],
    ).fetchall()
    return tuple(row[0] for row in rows)


def _with_folder(home: Home, night: PublishedNight) -> ComparedNight:
    kept, _ = kept_attempt(home, night)
    return ComparedNight(night, kept.folder if kept else None)
