"""Rows of the frames that analytics returns, for what commands say of them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

Row = dict[str, Any]


def rows_of(frame: "pd.DataFrame") -> list[Row]:
    """Rows as mappings, what is unknown as None."""
    plain = frame.astype(object).where(frame.notna(), None)
    rows: Any = plain.to_dict(orient="records")
    return list(rows)


def last_session(frame: "pd.DataFrame") -> "pd.DataFrame":
    """The rows of a table's latest `session_date`, which is the night's."""
    latest: pd.DataFrame = frame[frame["session_date"] == frame["session_date"].max()]
    return latest
