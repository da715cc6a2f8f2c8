"""The commands that evaluate one variant on a scratch build: the published night is not touched."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_options import Debug, Json

research_app = typer.Typer()

Period = Annotated[
    str, typer.Option(help="How far back from the latest night: 90d, 26w, 6mo, 3y or max.")
]
CostBps = Annotated[
    float | None,
    typer.Option(
        "--cost-bps",
        help="Trading costs of traded value in basis points, all together; 5 as configured.",
    ),
]
Split = Annotated[
    float,
    typer.Option(help="Share of the period that trains, for --validate-oos."),
]
ValidateOos = Annotated[
    bool,
    typer.Option("--validate-oos", help="Compare the first part of the period with the rest."),
]
Benchmark = Annotated[str, typer.Option(help="A symbol of the warehouse to compare with.")]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Prepare everything, evaluate nothing, write nothing."),
]


@research_app.command(
    epilog="Examples: `mqp equities` · `mqp equities --ticker AAPL --period 6mo` · "
    "`mqp equities --watchlist my.yaml --style aggressive --mode event --cost-bps 10` · "
    "`mqp equities --no-credit-overlay --validate-oos --split 0.7`"
)
def equities(
    watchlist: Annotated[
        Path | None, typer.Option(help="Universe file whose members are evaluated.")
    ] = None,
    ticker: Annotated[
        list[str] | None, typer.Option(help="A single member; may be repeated.")
    ] = None,
    period: Period = "max",
    mode: Annotated[str, typer.Option(help="position or event.")] = "position",
    style: Annotated[str, typer.Option(help="balanced, conservative or aggressive.")] = "balanced",
    credit_overlay: Annotated[
        bool, typer.Option(help="Scale by credit stress, 0.5 to 1.5 times.")
    ] = True,
    vix_throttle: Annotated[
        bool, typer.Option(help="Half the size while the VIX curve is inverted.")
    ] = True,
    cost_bps: CostBps = None,
    split: Split = 0.7,
    validate_oos: ValidateOos = False,
    benchmark: Benchmark = "SPY",
    dry_run: DryRun = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Backtest one equity variant: trend, RSI, news sentiment; credit and VIX decide the size.

    Prints a summary beside the benchmarks, and writes an HTML tear sheet, CSV and JSON under
    reports/. Every parameter set that is evaluated is counted once in the trial registry, and the
    deflated Sharpe ratio knows how many there are. Exit code 0: evaluated. 1: no night to evaluate
    on. 2: wrong usage.
    """
    from orchestration.commands.research import Output, research_command, watched_members
    from orchestration.research.question import Asked
    from orchestration.research.variants import equity_variant

    variant = equity_variant(
        mode=mode, style=style, has_credit_overlay=credit_overlay, has_vix_throttle=vix_throttle
    )
    asked = Asked(
        variant,
        "mqp equities",
        members=watched_members(watchlist, ticker or []),
        period=period,
        benchmark=benchmark.upper(),
        cost_bps=cost_bps,
        split=split if validate_oos else None,
    )
    raise typer.Exit(research_command(asked, Output(as_json, dry_run)))


@research_app.command(
    epilog="Examples: `mqp credit` · `mqp credit --period 3y --lower-pct 5 --upper-pct 95` · "
    "`mqp credit --no-use-percentile --entry-z 1.5` · `mqp credit --strategy momentum_ratio` · "
    "`mqp credit --disable-oas`"
)
def credit(
    period: Period = "max",
    strategy: Annotated[str, typer.Option(help="zscore or momentum_ratio.")] = "zscore",
    use_percentile: Annotated[
        bool, typer.Option(help="Enter only where the high-yield level is extreme as well.")
    ] = True,
    lower_pct: Annotated[
        float, typer.Option(help="Percentile at or below which LQD may be bought.")
    ] = 10.0,
    upper_pct: Annotated[
        float, typer.Option(help="Percentile at or above which HYG may be bought.")
    ] = 90.0,
    entry_z: Annotated[
        float, typer.Option("--entry-z", help="Deviations of the spread that open a position.")
    ] = 1.0,
    momentum_sessions: Annotated[
        int, typer.Option(help="Horizon of momentum_ratio, in sessions.")
    ] = 60,
    disable_oas: Annotated[
        bool, typer.Option("--disable-oas", help="Read the price proxy alone, never ICE's spreads.")
    ] = False,
    cost_bps: CostBps = None,
    split: Split = 0.7,
    validate_oos: ValidateOos = False,
    benchmark: Benchmark = "SPY",
    dry_run: DryRun = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Backtest one credit variant: high yield (HYG) against investment grade (LQD).

    Files, trial registry and exit codes as for `mqp equities`.
    """
    from orchestration.commands.research import Output, research_command
    from orchestration.research.question import Asked
    from orchestration.research.variants import credit_variant

    variant = credit_variant(
        rule=strategy,
        entry_zscore=entry_z,
        percentiles=(lower_pct, upper_pct) if use_percentile else None,
        momentum_sessions=momentum_sessions,
        is_oas_disabled=disable_oas,
    )
    asked = Asked(
        variant,
        "mqp credit",
        period=period,
        benchmark=benchmark.upper(),
        cost_bps=cost_bps,
        split=split if validate_oos else None,
    )
    raise typer.Exit(research_command(asked, Output(as_json, dry_run)))


@research_app.command(
    epilog="Examples: `mqp volatility --period 2y` · `mqp volatility --term-structure both` · "
    "`mqp volatility --vix-cap 25 --contango-ratio 0.95`"
)
def volatility(
    period: Period = "max",
    term_structure: Annotated[
        str, typer.Option(help="What is traded: contango, backwardation or both.")
    ] = "contango",
    vix_cap: Annotated[
        float, typer.Option("--vix-cap", help="Volatility is sold only at or below this VIX.")
    ] = 30.0,
    contango_ratio: Annotated[
        float, typer.Option(help="VIX / VIX3M at or below is contango.")
    ] = 0.98,
    backwardation_ratio: Annotated[
        float, typer.Option(help="VIX / VIX3M at or above is backwardation.")
    ] = 1.02,
    cost_bps: CostBps = None,
    split: Split = 0.7,
    validate_oos: ValidateOos = False,
    benchmark: Benchmark = "SPY",
    dry_run: DryRun = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Backtest one volatility variant: SVXY in contango, VXX in backwardation of the VIX curve.

    Files, trial registry and exit codes as for `mqp equities`.
    """
    from orchestration.commands.research import Output, research_command
    from orchestration.research.question import Asked
    from orchestration.research.variants import volatility_variant

    variant = volatility_variant(
        holds=term_structure,
        contango_max_ratio=contango_ratio,
        backwardation_min_ratio=backwardation_ratio,
        vix_cap=vix_cap,
    )
    asked = Asked(
        variant,
        "mqp volatility",
        period=period,
        benchmark=benchmark.upper(),
        cost_bps=cost_bps,
        split=split if validate_oos else None,
    )
    raise typer.Exit(research_command(asked, Output(as_json, dry_run)))


@research_app.command(
    epilog="Examples: `mqp intraday` · `mqp intraday --ticker SPY --interval 1h --style frequent`"
)
def intraday(
    ticker: Annotated[str, typer.Option(help="A symbol with intraday bars.")] = "SPY",
    interval: Annotated[str, typer.Option(help="5m or 1h.")] = "5m",
    style: Annotated[str, typer.Option(help="rare, frequent or crawford.")] = "rare",
    period: Period = "max",
    cost_bps: CostBps = None,
    split: Split = 0.7,
    validate_oos: ValidateOos = False,
    benchmark: Benchmark = "SPY",
    dry_run: DryRun = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Backtest one intraday variant: mean reversion bar by bar, flat at every close.

    The rules are strict and the bars few (three months at first, growing every night): below 20
    sessions with a trade there is no Sharpe ratio, and the output says so. Files, trial registry
    and exit codes as for `mqp equities`.
    """
    from orchestration.commands.research import Output, checked_ticker, research_command
    from orchestration.research.question import Asked
    from orchestration.research.variants import intraday_variant

    asked = Asked(
        intraday_variant(style=style, interval=interval),
        "mqp intraday",
        period=period,
        benchmark=benchmark.upper(),
        cost_bps=cost_bps,
        split=split if validate_oos else None,
        bars_of=checked_ticker(ticker),
    )
    raise typer.Exit(research_command(asked, Output(as_json, dry_run)))


@research_app.command(
    epilog="Examples: `mqp oos` · `mqp oos --split 0.6` · `mqp oos --ticker SPY --split 0.7`"
)
def oos(
    ticker: Annotated[
        list[str] | None,
        typer.Option(help="Evaluate the default equity variant on this member instead."),
    ] = None,
    split: Annotated[
        float, typer.Option(help="Share of a default variant's history that trains.")
    ] = 0.7,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Compare what training promised with what came of it, and keep it in oos_registry.csv.

    Every half-year that the published night's walk-forward governed, and each default variant split
    once. The flag says: Sharpe ratio out of sample more than 20 % below train; beside it stands how
    often it would go up if nothing had changed. Exit codes as for `mqp equities`.
    """
    if ticker:
        from orchestration.commands.research import Output, research_command, watched_members
        from orchestration.research.question import Asked
        from orchestration.research.variants import equity_variant

        variant = equity_variant(
            mode="position", style="balanced", has_credit_overlay=True, has_vix_throttle=True
        )
        asked = Asked(variant, "mqp oos", members=watched_members(None, ticker), split=split)
        raise typer.Exit(research_command(asked, Output(as_json, is_dry_run=False)))
    from orchestration.commands.oos import oos_command

    raise typer.Exit(oos_command(split=split, as_json=as_json))
