"""`mqp equities`, `credit`, `volatility`: evaluate one variant, say what came out, keep it."""

import logging
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from orchestration.commands.text_tables import table_lines
from orchestration.progress import shown_progress
from orchestration.research.question import Asked
from orchestration.research.run import Ready, answer, prepared
from orchestration.resources import load_settings, utc_now
from orchestration.universe import load_universe
from warehouse.context import Member

if TYPE_CHECKING:
    import pandas as pd

log = logging.getLogger("mqp.research")


@dataclass(frozen=True)
class Output:
    """How results are shown. `is_dry_run`: prepare everything and evaluate nothing."""

    as_json: bool
    is_dry_run: bool


def research_command(asked: Asked, output: Output) -> int:
    """Run a question and print what a person needs to know; returns the exit code."""
    settings = load_settings()
    with (
        shown_progress(quiet=output.as_json),
        prepared(settings, asked, log.info) as ready,
    ):
        if output.is_dry_run:
            trial = (ready.asked.variant.strategy, ready.parameters)
            say_prepared(_facts(ready), ready.inputs.trials, trial, output)
            return 0
        log.info("Evaluating, and registering the trial.")
        found = answer(settings, ready, log.info)
        from orchestration.research.outputs import sheet_of, write_results

        sheet = sheet_of(
            ready, found, world=settings.world, command=command_line(), now=utc_now(settings)
        )
        written = write_results(settings.home, ready, sheet)
        if "oos" in found.tables:
            from orchestration.research.oos_registry import Basis, keep_rows

            basis = Basis(ready.night.night, ready.night.ledger_version, settings.world)
            keep_rows(settings.home, found.tables["oos"], basis, ready.asked.stem)
        if output.as_json:
            from orchestration.cli import print_json

            print_json(
                {
                    "sheet": str(written.sheet),
                    "metrics": str(written.metrics),
                    "tables": [str(path) for path in written.tables],
                    **_read_json(written.metrics),
                }
            )
            return 0
        from orchestration.research.summary import summary_lines

        for line in summary_lines(found, sheet, banner=settings.banner):
            typer.echo(line)
        typer.echo(f"\nSheet    {written.sheet}")
        typer.echo(f"Tables   {written.tables[0].parent / (ready.asked.stem + '_*.csv')}")
        typer.echo(f"Metrics  {written.metrics}")
    return 0


def watched_members(watchlist: Path | None, tickers: list[str]) -> tuple[Member, ...]:
    """The members that a command names: a universe file's, or tickers; none for the night's.

    Raises
    ------
    UsageError
        Both are given, the file is wrong, or a ticker cannot be one.
    """
    from orchestration.errors import UsageError

    if watchlist is not None and tickers:
        raise UsageError("Give --watchlist or --ticker, not both.")
    if watchlist is not None:
        if not watchlist.is_file():
            raise UsageError(f"There is no file {watchlist}: check its name.")
        return load_universe(watchlist).members
    return tuple(Member(symbol) for symbol in dict.fromkeys(map(checked_ticker, tickers)))


def checked_ticker(ticker: str) -> str:
    """A symbol as it was given, or a sentence about it.

    Raises
    ------
    UsageError
        It cannot be one.
    """
    from ingestion.errors import SymbolError
    from ingestion.symbols import checked_symbol
    from orchestration.errors import UsageError

    try:
        return checked_symbol(ticker)
    except SymbolError as err:
        raise UsageError(f"--ticker: {err}.") from err


def _facts(ready: Ready) -> dict[str, Any]:
    """What would be evaluated."""
    return {
        "strategy": ready.asked.variant.strategy,
        "variant": ready.asked.variant.name,
        "parameters": ready.parameters,
        "night": ready.night.night,
        "first_day": ready.first_day,
        "members": list(ready.symbols),
    }


def say_prepared(
    facts: Mapping[str, Any], known: "pd.DataFrame | None", trial: tuple[str, str], output: Output
) -> None:
    """Say what would be evaluated; no result, since seeing one is a trial.

    Parameters
    ----------
    facts : of the question.
    known : the registry.
    trial : strategy and parameters, for whether it is a new one.
    output : as JSON or as lines.
    """
    is_known = known is not None and bool(
        (known[["strategy", "parameters"]] == trial).all(axis=1).any()
    )
    tried = 0 if known is None else len(known)
    facts = {**facts, "trials_so_far": tried, "is_new_trial": not is_known}
    if output.as_json:
        from orchestration.cli import print_json

        print_json(facts)
        return
    for line in table_lines(("", ""), [(name, str(value)) for name, value in facts.items()])[1:]:
        typer.echo(line)
    typer.echo("Dry run: nothing was evaluated, registered or written.")


def command_line() -> str:
    """The command line as it was given."""
    return shlex.join(["mqp", *sys.argv[1:]])


def _read_json(path: Path) -> dict[str, Any]:
    import json

    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
