"""Moments as people write them."""

from datetime import UTC, date, datetime

from orchestration.errors import UsageError


def past_moment(text: str) -> datetime:
    """Read `--as-of`: a moment with its zone, or a bare date that means the end of it in UTC.

    Raises
    ------
    UsageError
        Neither; the machine's own zone is never assumed.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as err:
        raise UsageError(f"--as-of is '{text}': write 2026-11-20 or 2026-11-20T22:00:00Z.") from err
    if len(text) == len("2026-11-20"):
        moment = moment.replace(hour=23, minute=59, tzinfo=UTC)
    if moment.tzinfo is None:
        raise UsageError(f"--as-of is '{text}' without a time zone: add Z for UTC.")
    return moment.astimezone(UTC)


def parse_night(text: str) -> date:
    """Read a night's name as people write it.

    Raises
    ------
    UsageError
        It is no date.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as err:
        raise UsageError(f"'{text}' is no night: write its date, such as 2026-11-20.") from err
