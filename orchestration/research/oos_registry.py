"""`reports/oos_registry.csv`: what was promised by training, and what came of it.

One row per question and window. Asked again, a row is replaced: a half-year that still runs gets
longer every night.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv

from orchestration.errors import NightError
from orchestration.provenance import code_hash
from reports.exports import csv_bytes
from warehouse.files import write_bytes
from warehouse.home import Home
from warehouse.lock import writer_lock

if TYPE_CHECKING:
    import pandas as pd

KEY = ("question", "strategy", "window")
NIGHTLY = "walk_forward"
"""What asks for the rows of a published night's own selections."""
TEXTS = ("question", "strategy", "window", "variant", "code_hash", "world")


@dataclass(frozen=True)
class Basis:
    """The data that rows rest on; simulated ones say so wherever the file goes."""

    night: date
    ledger_version: int
    world: str


def registry_of(home: Home) -> Path:
    """Where the registry of a home lies."""
    return home.reports / "oos_registry.csv"


def keep_rows(home: Home, rows: "pd.DataFrame", basis: Basis, question: str) -> None:
    """Put rows into the registry, in the place of what the same question said before.

    Parameters
    ----------
    rows : of `analytics.oos.oos_row`.
    basis : the data behind them.
    question : what asked: the file names of a research run, or `walk_forward`.

    Raises
    ------
    NightError
        The file that is there is no registry; it is left alone.
    """
    import pandas as pd

    own = rows.assign(
        question=question,
        night=pd.Timestamp(basis.night),
        ledger_version=basis.ledger_version,
        code_hash=code_hash(),
        world=basis.world,
    )
    own = own[["question", *(name for name in own.columns if name != "question")]]
    # two commands at once must not each write only their own
    with writer_lock(home.reports / ".oos_registry.lock", announce=lambda _: None):
        kept = _stored(home, list(own.columns))
        if question == NIGHTLY and not kept.empty:
            # a window may be gone where history was loaded anew
            kept = kept[kept["question"] != NIGHTLY]
        whole = own if kept.empty else pd.concat([kept, own], ignore_index=True)
        whole = whole.drop_duplicates(list(KEY), keep="last").sort_values(list(KEY))
        table = pa.Table.from_pandas(whole, preserve_index=False)
        write_bytes(registry_of(home), csv_bytes(table))


def _stored(home: Home, columns: list[str]) -> "pd.DataFrame":
    """The registry as it stands; no rows where there is none."""
    import pandas as pd

    path = registry_of(home)
    if not path.exists():
        return pd.DataFrame(columns=columns)
    try:
        table = csv.read_csv(
            path,
            convert_options=csv.ConvertOptions(
                # a hash of digits is no number
                column_types={name: pa.string() for name in TEXTS}
            ),
        )
    except pa.ArrowInvalid as err:
        raise NightError(f"{path} cannot be read as CSV: move it away and run again.") from err
    if table.column_names != columns:
        raise NightError(f"{path} has other columns than a registry: move it away and run again.")
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame
