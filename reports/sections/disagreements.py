"""Where two providers tell different things of the same day, the worst first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from reports import wording
from reports.night import Night
from reports.queries import Row

TABLE = "marts.fct_provider_disagreements"
COMPARED = "intermediate.int_provider_values_compared"
COLUMNS = (
    "dataset", "symbol", "session_date", "field", "unit", "chosen_provider", "chosen_value",
    "other_provider", "other_value", "difference", "difference_fraction", "is_beyond_tolerance",
    "choice_rule",
)  # fmt: skip
WORST_FIRST = (
    "abs(if(tolerance_measure = 'unit', difference, difference_fraction)) / tolerance desc "
    "nulls first, session_date desc, dataset, symbol, field, chosen_provider, other_provider"
)
SHOWN = 10
UNKNOWN = "How far providers differ is not in this file."
DIGITS: Mapping[str, int] = {"shares": 0, "new shares per old share": 4, "percent": 3}
OTHER_DIGITS = 4  # of prices, dividends and points


@dataclass(frozen=True)
class Comparison:
    """Values of two providers laid side by side, and what differs.

    `compared`: values beside the chosen one; `differing`, `beyond` and `tonight`: of them not the
    same, further apart than the field's tolerance, and those of the night's own session. `rows`:
    the `SHOWN` largest differences, in multiples of their tolerance, as they are stored.
    """

    compared: int
    differing: int
    beyond: int
    tonight: int
    rows: Sequence[Row]

    @property
    def sentence(self) -> str:
        """The same in words."""
        return disagreement_sentence(self.compared, self.differing, self.beyond, self.tonight)


def comparison(night: Night) -> Comparison | None:
    """Read what was compared; None for a file of before there was such a table."""
    published = night.published
    if not published.has(TABLE):
        return None
    return Comparison(
        compared=published.count(COMPARED),
        differing=published.count(TABLE),
        beyond=published.count(TABLE, where="is_beyond_tolerance"),
        tonight=published.count(
            TABLE, where="is_beyond_tolerance and session_date = ?", parameters=[night.session]
        ),
        rows=published.rows(TABLE, COLUMNS, order_by=f"{WORST_FIRST} limit {SHOWN}"),
    )


def disagreements(found: Comparison | None) -> dict[str, Any]:
    """What differs by how much, which value counts and why; a sentence in any case.

    Parameters
    ----------
    found : from `comparison`.

    Returns
    -------
    `sentence`, `is_alarming`; `rows`, the largest differences in words; `rules`, by dataset the
    rule behind each chosen value of theirs.
    """
    if found is None:
        return {"sentence": UNKNOWN, "is_alarming": False, "rows": [], "rules": {}}
    return {
        "sentence": found.sentence,
        "is_alarming": bool(found.beyond),
        "rows": [_told(row) for row in found.rows],
        "rules": {_words(row["dataset"]): row["choice_rule"] for row in found.rows},
    }


def disagreement_sentence(compared: int, differing: int, beyond: int, tonight: int) -> str:
    """Say how many values of two providers differ, and how many by too much.

    Parameters
    ----------
    compared : how many values were laid beside the chosen one.
    differing, beyond : of them not the same, and further apart than the field's tolerance.
    tonight : of those beyond, how many are about the night's own session.
    """
    if not compared:
        return "No value was told by two providers, so that there is nothing to compare."
    values = wording.count(compared, "value")
    if not differing:
        return f"{values} of a second provider compared with the chosen one: no two differ."
    told = f"{values} of a second provider compared with the chosen one: {differing:,} differ, "
    if not beyond:
        return f"{told}none by more than its tolerance."
    return f"{told}{beyond:,} by more than the tolerance, {tonight or 'none'} of them tonight."


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    digits = DIGITS.get(row["unit"], OTHER_DIGITS)
    return {
        **row,
        "dataset": _words(row["dataset"]),
        "field": _words(row["field"].removesuffix(f"_{row['unit']}")),
        "chosen_provider": _words(row["chosen_provider"]),
        "other_provider": _words(row["other_provider"]),
        "chosen": wording.number(row["chosen_value"], digits),
        "other": wording.number(row["other_value"], digits),
        "apart": wording.number(row["difference"], digits, signed=True),
    }


def _words(name: str) -> str:
    return name.replace("_", " ")
