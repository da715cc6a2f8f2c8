"""`make faults`: run every incident at every provider and print what became of the night.

Columns are providers, rows are incidents. A cell says: class, attempts, whose value the night uses
(`old`: that of an earlier day) and how it is judged. What a cell should be is in `expected.py`.
"""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from tests.ingestion.faults.expected import MODE, UNLIKE, expected, status, used
from tests.ingestion.faults.gate import judged_cells, verdicts
from tests.ingestion.faults.incidents import INCIDENTS, PROVIDERS
from tests.ingestion.faults.observe import Observed, incident_night

COLOURS = {"CLEAN": "green", "DEGRADED": "yellow", "FAILED": "red"}
Wrong = tuple[str, str, str]


def main() -> int:
    """Print the matrix; 1 if a cell is not what it should be."""
    console = Console(width=None if sys.stdout.isatty() else 150, soft_wrap=False)
    table = Table("incident", *PROVIDERS, title="A night that holds history, by incident")
    wrong: list[Wrong] = []
    progress = Console(stderr=True)
    for incident in track(INCIDENTS, "incidents", console=progress, disable=not _is_shown()):
        row = [_cell(incident, provider, wrong) for provider in PROVIDERS]
        table.add_row(incident, *row, end_section=True)
    console.print(table)
    console.print(
        "Each cell: class and attempts; whose value is used; status. Gate 1 judged "
        f"{len(judged_cells())} cells.\nWhy a cell differs from its row:"
    )
    for (incident, provider), (_, reason) in UNLIKE.items():
        console.print(f"  {incident}, {provider}: {reason}")
    for incident, provider, why in wrong:
        console.print(f"NOT AS EXPECTED: {incident}, {provider}: {why}", style="bold red")
    return 1 if wrong else 0


def _is_shown() -> bool:
    return sys.stderr.isatty()


def _cell(incident: str, provider: str, wrong: list[Wrong]) -> Text:
    seen = incident_night(provider, incident, is_warm=True)
    judged = seen.status
    cell = expected(incident, provider)
    if (incident, provider) in judged_cells() and verdicts()[incident, provider].withheld:
        judged = "DEGRADED"
    whose = seen.used.removesuffix(" quote")
    checks: dict[str, Callable[[Observed], bool]] = {
        "class": lambda seen: seen.failure == cell.failure,
        "attempts": lambda seen: (seen.attempts, seen.waits) == (cell.attempts, cell.waits),
        "value used": lambda seen: whose == used(cell, provider, is_warm=True),
        "mode": lambda seen: seen.mode == MODE.get(whose, seen.mode),
        "status": lambda _: judged == status(incident, provider, is_warm=True),
        "rows stored": lambda seen: _stored_only_judged(incident, provider, seen),
        "rows lost": lambda seen: not seen.lost,
        "keys": lambda seen: not seen.traces,
    }
    wrong += [(incident, provider, why) for why, holds in checks.items() if not holds(seen)]
    times = f" x{seen.attempts}" if seen.attempts > 1 else ""
    return Text.assemble(
        f"{seen.failure}{times}\n{whose}\n", (judged, COLOURS[judged]), justify="left"
    )


def _stored_only_judged(incident: str, provider: str, seen: Observed) -> bool:
    if (incident, provider) not in judged_cells():
        return not seen.wrong
    verdict = verdicts()[incident, provider]
    return seen.wrong in (verdict.withheld, verdict.warned)


if __name__ == "__main__":
    sys.exit(main())
