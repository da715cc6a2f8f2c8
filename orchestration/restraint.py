"""What kept tonight's book from what the sleeves want, in sentences for the log."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from orchestration.frame_rows import last_session, rows_of

if TYPE_CHECKING:
    import pandas as pd


def restraint_sentences(
    limit_usage: "pd.DataFrame", target_weights: "pd.DataFrame"
) -> Iterator[str]:
    """Name every limit that binds tonight or is not kept, and every override.

    Parameters
    ----------
    limit_usage, target_weights : rows of the tables of that name; the last session is tonight.
    """
    for row in rows_of(last_session(limit_usage)):
        if row["is_binding"]:
            of = f" ({row['subject']})" if row["subject"] else ""
            yield (
                f"The limit {row['limit_name']}{of} binds: {row['wanted']:.4f} wanted, "
                f"{row['bound']:.4f} allowed."
            )
        if row["note"] and row["used"] > row["bound"]:
            yield (
                f"The limit {row['limit_name']} is not kept: {row['used']:.4f} used, "
                f"{row['bound']:.4f} allowed, {row['note']}."
            )
    symbols: dict[str, set[str]] = {}
    for row in rows_of(last_session(target_weights)):
        if row["override_reason"]:
            symbols.setdefault(row["override_reason"], set()).add(row["symbol"])
    for reason, named in sorted(symbols.items()):
        yield f"Weights are not what the sleeves want of {', '.join(sorted(named))}: {reason}."
