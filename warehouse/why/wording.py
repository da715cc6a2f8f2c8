"""Numbers and counts as a person reads them."""


def percent(value: float, digits: int = 4) -> str:
    """A fraction as a percentage: 0.0125 is 1.2500 %."""
    return f"{100.0 * value:,.{digits}f} %"


def counted(count: int, noun: str) -> str:
    """A number of things: 1 session, 2 sessions."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
