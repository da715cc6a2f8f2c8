"""`mqp portfolio`: the options."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_options import Debug, Json

portfolio_app = typer.Typer()


@portfolio_app.command(
    epilog="Examples: `mqp portfolio` · "
    "`mqp portfolio --strategies equities,credit,volatility --target-vol 0.10` · "
    "`mqp portfolio --method risk_parity` · "
    "`mqp portfolio --weights equities=0.5,credit=0.3,volatility=0.2` · "
    "`mqp portfolio --holdings my_account.csv --shares whole --json`"
)
def portfolio(
    strategies: Annotated[
        str | None,
        typer.Option(help="Of equities, credit and volatility, with commas; as configured."),
    ] = None,
    target_vol: Annotated[
        float | None,
        typer.Option("--target-vol", help="Annual volatility to aim at: 0.10 is 10 %."),
    ] = None,
    method: Annotated[
        str | None,
        typer.Option(help="equal, inverse_volatility, risk_parity, hrp, min_variance or fixed."),
    ] = None,
    weights: Annotated[
        str | None, typer.Option(help="For the method fixed: equities=0.5,credit=0.5.")
    ] = None,
    max_leverage: Annotated[
        float | None,
        typer.Option("--max-leverage", help="The most the sleeves are multiplied by."),
    ] = None,
    forecast: Annotated[
        str | None, typer.Option(help="Volatility forecast: ewma or two_speed.")
    ] = None,
    holdings: Annotated[
        Path | None, typer.Option(help="Account to size orders for, as config/holdings.csv.")
    ] = None,
    shares: Annotated[
        str | None, typer.Option(help="Orders in fractional or whole shares.")
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Check everything, evaluate nothing, write nothing."),
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Put the sleeves together at a target volatility: weights, limits, risk and orders.

    Reads config/portfolio.yaml as it is now, and the latest published night, which stays as it is.
    Prints what to hold, the portfolio beside 1/N and the benchmarks, how well the target was met
    year by year and which limit bound, VaR and ES with their tests, stress, and orders; writes the
    same as HTML, CSV and JSON under reports/. Settings are counted once in the trial registry.
    Exit code 0: evaluated. 1: no night to evaluate on. 2: wrong usage or configuration.
    """
    from orchestration.commands.portfolio import asked_portfolio, changes_of, portfolio_command
    from orchestration.commands.research import Output

    changes = changes_of(
        strategies=strategies, target_vol=target_vol, method=method, weights=weights,
        max_leverage=max_leverage, forecast=forecast, shares=shares,
    )  # fmt: skip
    raise typer.Exit(
        portfolio_command(asked_portfolio(changes, holdings), Output(as_json, dry_run))
    )
