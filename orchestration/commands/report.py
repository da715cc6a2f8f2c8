"""`mqp report`: the published night's files, written again."""

from pathlib import Path
from typing import Any

import typer

from orchestration.errors import UsageError
from orchestration.explaining import book_settings
from orchestration.pages import write_csv_files, write_json_files
from orchestration.resources import load_settings
from reports.queries import open_published
from reports.recorded import page_status, published_status
from reports.render import render_report
from reports.status import RunStatus
from warehouse.connection import connect
from warehouse.errors import NotPublishedError
from warehouse.files import write_text
from warehouse.home import Home

FORMATS = ("csv", "json", "html")


def report_command(formats: str, output: Path | None, *, as_json: bool) -> int:
    """Write the files asked for and say where they are; always 0, whatever became of the night."""
    wanted = asked_formats(formats)
    home = load_settings().home
    status = status_of_published(home)
    folder = (output or home.reports).expanduser().resolve()
    written = write_reports(home, status, folder, wanted)
    if as_json:
        from orchestration.cli import print_json

        print_json(_facts(status, folder, written))
        return 0
    typer.echo(f"Night    {status.night}  {status.status}  world {status.world}")
    shown = page_status(status, home.reports / "run_status.json")
    if shown is not status:
        typer.echo(
            f"         the last run, of night {shown.night}, {shown.status}: see its reasons"
        )
    for name in wanted:
        typer.echo(f"{name.upper():<9}{_place(name, folder)}")
    return 0


def asked_formats(text: str) -> tuple[str, ...]:
    """Formats in the order of `FORMATS`, each once.

    Raises
    ------
    UsageError
        One is not known, or none is named.
    """
    named = [part.strip().lower() for part in text.split(",") if part.strip()]
    unknown = [name for name in named if name not in FORMATS]
    if unknown or not named:
        what = f"has '{unknown[0]}'" if unknown else "names none"
        raise UsageError(f"--format {what}: use {', '.join(FORMATS)}, one or more with commas.")
    return tuple(name for name in FORMATS if name in named)


def status_of_published(home: Home) -> RunStatus:
    """What became of the run that published the home's night.

    Raises
    ------
    NotPublishedError
        There is none.
    """
    if home.published.exists():
        with open_published(home.published) as published:
            if published.one("ops.build_context", ["night"])["night"]:
                return published_status(published, home.reports / "run_status.json")
    raise NotPublishedError("There is no published night to report: run `mqp nightly` first.")


def write_reports(
    home: Home, status: RunStatus, folder: Path, formats: tuple[str, ...]
) -> list[Path]:
    """Write the night in the formats asked for.

    Parameters
    ----------
    status : of the run that published the night.

    Returns
    -------
    The files written.
    """
    with connect(home.published, read_only=True) as published:
        book = book_settings(published)
    written: list[Path] = []
    if "csv" in formats:
        written += write_csv_files(home.published, folder, fill=book.fill)
    if "json" in formats:
        written += write_json_files(home.published, status, folder)
    if "html" in formats:
        page = render_report(
            home.published,
            page_status(status, home.reports / "run_status.json"),
            target_volatility=book.target_volatility_annual,
            nights=home.nights,
        )
        write_text(folder / "latest.html", page)
        written.append(folder / "latest.html")
    return written


def _place(name: str, folder: Path) -> str:
    return {
        "csv": f"{folder / 'orders.csv'}, {folder / 'backtests'}",
        "json": f"{folder / 'report.json'}, {folder / 'metrics'}",
        "html": str(folder / "latest.html"),
    }[name]


def _facts(status: RunStatus, folder: Path, written: list[Path]) -> dict[str, Any]:
    return {
        "night": status.night,
        "status": status.status,
        "world": status.world,
        "reasons": status.reasons,
        "folder": folder,
        "files": written,
    }
