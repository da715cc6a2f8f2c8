"""`mqp equities`, `credit`, `volatility`: evaluate one variant, say what came out, keep it."""

import logging
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from orchestration.commands.text_tables import table_lines
from orchestration.progress import shown_progress
from orchestration.research.question import Asked
from orchestration.research.run import Ready, answer, prepared
from orchestration.resources import load_settings, utc_now
from orchestration.universe import load_universe
from warehouse.context import Member

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
            _say_prepared(ready, output)
            return 0
        log.info("Evaluating, and registering the trial.")
        found = answer(settings, ready, log.info)
        from orchestration.research.outputs import sheet_of, write_results

        sheet = sheet_of(
            ready, found, world=settings.world, command=_command(), now=utc_now(settings)
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


def _say_prepared(ready: Ready, output: Output) -> None:
    """What would be evaluated; no result, since seeing one is a trial."""
    known = ready.inputs.trials
    tried = 0 if known is None else len(known)
    is_new = (
        known is None
        or not (
            (known["strategy"] == ready.asked.variant.strategy)
            & (known["parameters"] == ready.parameters)
        ).any()
    )
    facts: dict[str, Any] = {
        "strategy": ready.asked.variant.strategy,
        "variant": ready.asked.variant.name,
        "parameters": ready.parameters,
        "night": ready.night.night,
        "first_day": ready.first_day,
        "members": list(ready.symbols),
        "trials_so_far": tried,
        "is_new_trial": is_new,
    }
    if output.as_json:
        from orchestration.cli import print_json

        print_json(facts)
        return
    for line in table_lines(("", ""), [(name, str(value)) for name, value in facts.items()])[1:]:
        typer.echo(line)
    typer.echo("Dry run: nothing was evaluated, registered or written.")


def _command() -> str:
    """The command line as it was given."""
    return shlex.join(["mqp", *sys.argv[1:]])


def _read_json(path: Path) -> dict[str, Any]:
    import json

    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
