"""Claims that many tables share."""

# A claim reads as one entry of a table, not as eight lines.
# fmt: off
from orchestration.expectations.claims import (
    Between,
    Claim,
    Distinct,
    HasColumns,
    HasRows,
    OneOf,
    Suite,
)
from orchestration.expectations.thresholds import RETURN_IDENTITY_TOLERANCE

LANDED = ("available_at", "fetched_at", "ledger_version")

KNOWN_IN_TIME = Claim(
    "every_row_was_known_in_time", "seconds_late", Between(high=0), "block",
    "Nothing that became known after the night's 16:30 may be in it.",
)
FILLED_NEXT_SESSION = Claim(
    "decisions_fill_in_the_next_session", "sessions_to_effective", Between(1, 1), "block",
    "A decision taken at a close can be filled in the following session and in no other.",
)
NOT_AFTER_NIGHT = Claim(
    "no_row_after_the_night", "days_after_night", Between(high=0), "block",
    "A night ends with its session.",
)
# Of one equity path, whether it was simulated or recorded.
RETURNS_ARE_FINITE = Claim(
    "figures_are_finite", "missing_figures", OneOf((0,)), "block",
    "One missing return poisons the whole equity curve.",
)
GROSS_IS_NET_PLUS_COST = Claim(
    "gross_is_net_plus_cost", "identity_error", Between(high=RETURN_IDENTITY_TOLERANCE), "block",
    "One equity path: gross return is net return plus cost, by definition.",
)
COSTS_ARE_NOT_NEGATIVE = Claim(
    "costs_are_not_negative", "cost_return", Between(-RETURN_IDENTITY_TOLERANCE), "block",
    "Trading and borrowing never pay.",
)


def landed_columns(*names: str) -> Claim:
    """The columns of a raw table, and those that landing adds."""
    return Claim(
        "columns_are_present", "", HasColumns((*names, *LANDED)), "block",
        "The ledger's own definition of the table.",
    )


def one_row(*key: str) -> Claim:
    """The key that landing keeps one newest version of."""
    return Claim(
        "one_row_per_key", "", Distinct(key), "block",
        "Landing keeps one newest version per key; two would double every sum built on them.",
        "a second row with its key",
    )


def structure(columns: tuple[str, ...], grain: tuple[str, ...]) -> tuple[Claim, ...]:
    """Columns, rows and grain of a published table."""
    return (
        Claim("columns_are_present", "", HasColumns(columns), "block",
              "People script against these names."),
        Claim("table_has_rows", "", HasRows(), "block",
              "An empty result would be published as 'nothing to say'."),
        Claim("one_row_per_grain", "", Distinct(grain), "block",
              "The grain that the table's description promises."),
    )


def built_suite(
    table: str,
    grain: tuple[str, ...],
    columns: tuple[str, ...],
    *claims: Claim,
    shown: tuple[str, ...],
    can_be_empty: bool = False,
    is_of_the_night: bool = False,
    day: str = "",
) -> Suite:
    """A suite over one published table, its structure first.

    The last grain column is the date, unless all rows are the night's, or it is a moment whose
    date is `day`.
    """
    basics = structure(tuple(dict.fromkeys((*grain, *columns))), grain)
    if can_be_empty:
        basics = tuple(claim for claim in basics if not isinstance(claim.rule, HasRows))
    *subject, dated_by = (*grain, "night") if is_of_the_night else grain
    return Suite(
        name=table.split(".")[1],
        gate=2,
        table=table,
        grain=f"One row per {', '.join(grain)}.",
        subject=tuple(subject),
        dated_by=day or dated_by,
        shown=shown,
        claims=(*basics, *claims),
    )
