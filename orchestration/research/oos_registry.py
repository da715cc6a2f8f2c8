"""`reports/oos_registry.csv`: what was promised by training, and what came of it.

One row per question and window. Asked again, a row is replaced: a half-year that still runs gets
longer every night.
"""

from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import csv

from orchestration.errors import NightError
from orchestration.provenance import code_hash
from orchestration.replay.nights import PublishedNight
from reports.exports import csv_bytes
from warehouse.files import write_bytes
from warehouse.home import Home

if TYPE_CHECKING:
    import pandas as pd

KEY = ("question", "strategy", "window")
NIGHTLY = "walk_forward"
"""What asks for the rows of a published night's own selections."""


def keep_rows(
    home: Home, rows: "pd.DataFrame", night: PublishedNight, world: str, question: str
) -> None:
    """Put rows into the registry, in the place of what the same question said before.

    Parameters
    ----------
    rows : of `analytics.oos.oos_row`.
    night : whose data they rest on.
    world : simulated rows say so wherever the file goes.
    question : what asked: the file names of a research run, or `walk_forward`.

    Raises
    ------
    NightError
        The file that is there is no registry; it is left alone.
    """
    import pandas as pd

    path = home.reports / "oos_registry.csv"
    own = rows.assign(
        question=question,
        night=pd.Timestamp(night.night),
        ledger_version=night.ledger_version,
        code_hash=code_hash(),
        world=world,
    )
    own = own[["question", *(name for name in own.columns if name != "question")]]
    kept = _stored(home, list(own.columns))
    if question == NIGHTLY and not kept.empty:
        kept = kept[kept["question"] != NIGHTLY]  # a window may be gone where history was reloaded
    known = pd.MultiIndex.from_frame(kept[list(KEY)])
    kept = kept[~known.isin(pd.MultiIndex.from_frame(own[list(KEY)]))]
    whole = own if kept.empty else pd.concat([kept, own], ignore_index=True)
    table = pa.Table.from_pandas(whole.sort_values(list(KEY)), preserve_index=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, csv_bytes(table))


def _stored(home: Home, columns: list[str]) -> "pd.DataFrame":
    """The registry as it stands; no rows where there is none."""
    import pandas as pd

    path = home.reports / "oos_registry.csv"
    if not path.exists():
        return pd.DataFrame(columns=columns)
    try:
        table = csv.read_csv(path)
    except pa.ArrowInvalid as err:
        raise NightError(f"{path} cannot be read as CSV: move it away and run again.") from err
    if table.column_names != columns:
        raise NightError(f"{path} has other columns than a registry: move it away and run again.")
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame
