"""`mqp portfolio`: the portfolio under today's settings, said, kept and counted."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from orchestration.commands.research import Output, command_line, say_prepared
from orchestration.errors import UsageError
from orchestration.frame_rows import last_session, rows_of
from orchestration.progress import shown_progress
from orchestration.research.portfolio import (
    AskedPortfolio,
    ReadyPortfolio,
    answer_portfolio,
    prepared_portfolio,
    warnings_of,
)
from orchestration.resources import load_settings

if TYPE_CHECKING:
    from analytics.portfolio_research import PortfolioAnswer

log = logging.getLogger("mqp.research")

TONIGHT = ("target_weights", "sleeve_weights", "limit_usage")
"""Tables of every session of which the JSON has the last."""
WHOLE = (
    "portfolio_tracking", "risk_tests", "risk_exposures", "stress_results", "orders", "holdings",
)  # fmt: skip


def portfolio_command(asked: AskedPortfolio, output: Output) -> int:
    """Run a portfolio and print what a person needs to know; returns the exit code."""
    settings = load_settings()
    with (
        shown_progress(quiet=output.as_json),
        prepared_portfolio(settings, asked, log.info) as ready,
    ):
        if output.is_dry_run:
            from analytics.portfolio_results import PORTFOLIO

            facts = {
                "night": ready.night.night,
                "parameters": ready.parameters,
                "warnings": " ".join(ready.warnings),
            }
            say_prepared(facts, ready.inputs.trials, (PORTFOLIO, ready.parameters), output)
            return 0
        log.info("Simulating the portfolio, and registering the trial.")
        found = answer_portfolio(settings, ready, log.info)
        from orchestration.research.portfolio_outputs import write_portfolio

        written = write_portfolio(settings, ready, found, command=command_line())
        if output.as_json:
            from orchestration.cli import print_json

            print_json(
                {"files": [str(path) for path in written], **portfolio_content(ready, found)}
            )
            return 0
        from orchestration.research.portfolio_summary import portfolio_lines

        for line in portfolio_lines(
            found,
            ready.inputs.portfolio_config,
            night=str(ready.night.night),
            banner=settings.banner,
            warnings=warnings_of(ready, found),
        ):
            typer.echo(line)
        typer.echo("")
        for path in written:
            typer.echo(f"Written  {path}")
    return 0


def fixed_weights_of(text: str) -> dict[str, float]:
    """Read `equities=0.5,credit=0.3`.

    Raises
    ------
    UsageError
        It cannot be read.
    """
    weights = {}
    for part in text.split(","):
        name, is_given, number = part.partition("=")
        try:
            weights[name.strip()] = float(number if is_given else "")
        except ValueError as err:
            raise UsageError(
                f"--weights has '{part}': write equities=0.5,credit=0.3,volatility=0.2."
            ) from err
    return weights


def portfolio_content(ready: ReadyPortfolio, found: "PortfolioAnswer") -> dict[str, Any]:
    """Everything of the run for machines: settings, warnings, tonight's rows, metrics."""
    tables: Mapping[str, Any] = found.tables
    rows = {name: tables[name] for name in WHOLE}
    rows |= {name: last_session(tables[name]) for name in TONIGHT}
    metrics = tables["backtest_metrics"]
    rows["metrics"] = metrics[metrics["sample"] == "full"]
    rows["risk_daily"] = tables["risk_daily"].tail(1)
    return {
        "night": ready.night.night,
        "parameters": ready.parameters,
        "trials": found.search.trials,
        "warnings": warnings_of(ready, found),
        **{name: rows_of(frame) for name, frame in rows.items()},
    }


def changes_of(
    *,
    strategies: str | None,
    target_vol: float | None,
    method: str | None,
    weights: str | None,
    max_leverage: float | None,
    forecast: str | None,
    shares: str | None,
) -> dict[str, Any]:
    """Which keys of the portfolio file the options stand for."""
    changes: dict[str, Any] = {}
    if strategies is not None:
        named = [name.strip() for name in strategies.split(",") if name.strip()]
        changes["sleeves.strategies"] = named
    if weights is not None:
        if method not in (None, "fixed"):
            raise UsageError(f"--weights goes with the method fixed, not with {method}.")
        changes |= {"sleeves.method": "fixed", "sleeves.fixed_weights": fixed_weights_of(weights)}
    plain = {
        "sleeves.method": method,
        "target_volatility_annual": target_vol,
        "max_leverage": max_leverage,
        "volatility_forecast": forecast,
        "orders.shares": shares,
    }
    return {**{key: value for key, value in plain.items() if value is not None}, **changes}


def asked_portfolio(changes: Mapping[str, Any], holdings: Path | None) -> AskedPortfolio:
    """What the options ask for.

    Raises
    ------
    UsageError
        There is no such holdings file.
    """
    if holdings is not None and not holdings.is_file():
        raise UsageError(f"There is no file {holdings}: check its name.")
    return AskedPortfolio(changes=changes, holdings=holdings)
