"""The commands that show that a number is right: proof, replay, difference, reason."""

from pathlib import Path
from typing import Annotated

import typer

from orchestration.cli_options import Debug, Json

proof_app = typer.Typer()


@proof_app.command(
    epilog="Examples: `mqp prove` · `mqp prove --cuts 20 --seed 7` · "
    "`mqp prove --select fct_signals --select my_model`"
)
def prove(
    cuts: Annotated[
        int, typer.Option(min=0, help="How many earlier moments to rebuild and compare.")
    ] = 8,
    seed: Annotated[int, typer.Option(help="Which moments: the same seed, the same ones.")] = 1,
    select: Annotated[
        list[str] | None,
        typer.Option(metavar="MODEL", help="Compare only this model or result; may be repeated."),
    ] = None,
    warm_up: Annotated[
        bool,
        typer.Option(
            "--warm-up/--no-warm-up", help="Also measure how much history each feature needs."
        ),
    ] = True,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="Stop at the first thing that is wrong.")
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Prove that no decision has seen the future, and that every return adds up.

    Rebuilds the whole graph as it stood at earlier moments, from copies of the ledger that hold
    nothing known later, and compares every dated row of every model and result, your own models
    included; then an accountant who shares no code with the engine recomputes every return and
    asks each fill for the decision behind it. Nothing in the home is changed.

    Exit code 0: proven. 1: something moved, and the output names table, column and rows. 2: wrong
    usage.
    """
    from orchestration.commands.prove import prove_command
    from orchestration.proof.prove import ProofOptions

    options = ProofOptions(
        cuts=cuts,
        seed=seed,
        select=tuple(select or ()),
        with_warm_up=warm_up,
        stops_at_first=fail_fast,
    )
    raise typer.Exit(prove_command(options, as_json=as_json))


@proof_app.command(
    epilog="Examples: `mqp why AAPL` · `mqp why AAPL 2026-11-20` · `mqp why HYG --strategy credit` "
    "· `mqp why portfolio` · `mqp why credit 2026-11-20 --json` · `mqp why --response 31e39cd7`"
)
def why(
    subject: Annotated[
        str, typer.Argument(help="A symbol, `portfolio`, or a strategy such as `credit`.")
    ] = "portfolio",
    night: Annotated[
        str | None,
        typer.Argument(help="A session such as 2026-11-20; the published night by default."),
    ] = None,
    strategy: Annotated[
        str | None, typer.Option(help="Only this sleeve, where several trade the symbol.")
    ] = None,
    response: Annotated[
        str | None,
        typer.Option(
            metavar="HASH",
            help="Print the stored response whose hash begins so, and nothing else.",
        ),
    ] = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="List and open every stored response, not only the newest."),
    ] = False,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Explain a weight: limits, scale, signal, features, rows, and the stored responses.

    Reads the published file and the stored responses only. Exit code 0: explained. 3: explained,
    but a stored response does not open or a number does not come out again. 2: there is no such
    symbol, strategy or session, and the sentence says what there is.
    """
    from orchestration.commands.why import response_command, why_command

    if response is not None:
        raise typer.Exit(response_command(response, as_json=as_json))
    raise typer.Exit(
        why_command(subject, night, strategy=strategy, is_everything=everything, as_json=as_json)
    )


@proof_app.command(
    epilog="Examples: `mqp replay` · `mqp replay 2026-11-20 --verify` · "
    "`mqp replay 2026-11-20 --verify --threads 1` · `mqp replay 2026-11-20 --to that-night.duckdb`"
)
def replay(
    night: Annotated[
        str | None,
        typer.Argument(metavar="NIGHT", help="A published night; the latest when left out."),
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Compare every table with what was published."),
    ] = False,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the night to this new file.")
    ] = None,
    attempt: Annotated[
        int | None,
        typer.Option(min=1, help="An earlier published attempt of the night, not its latest."),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Threads of dbt and DuckDB; the result does not depend on them."),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Build a published night again from the ledger, in a scratch folder.

    Without an option: puts the latest night back where quant.duckdb is lost or damaged, and does
    nothing where it is sound. With --verify: compares content hashes table by table, and row by
    row the results that the last 30 nights keep.

    Exit code 0: identical; or the same data in other code's hands; or equal within 1e-9 on another
    machine or with other packages. 1: different, or rows were removed from the ledger since. 2:
    that night published nothing, or wrong usage.
    """
    from orchestration.commands.replay import ReplayOptions, replay_command
    from orchestration.moments import parse_night

    options = ReplayOptions(parse_night(night) if night else None, attempt, verify, to, threads)
    raise typer.Exit(replay_command(options, as_json=as_json))


@proof_app.command(
    epilog="Examples: `mqp diff` · `mqp diff 2026-11-20` · `mqp diff 2026-11-19 2026-11-20` · "
    "`mqp diff --json`"
)
def diff(
    nights: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NIGHT [NIGHT]]",
            help="Two published nights. One: that night and the one before it. None: the last two.",
        ),
    ] = None,
    as_json: Json = False,
    debug: Debug = False,
) -> None:
    """Say what changed between two published nights, and why.

    Changed signals with their reasons, changed weights and headline figures with the part of each
    cause: code, revised rows, configuration, limits, new sessions. One is swapped after the other,
    so the parts sum to the whole. Also every row that providers restated or delivered late, and
    what gate 1 began or ceased to withhold. Nothing in the home is changed.

    At once where the later night has compared itself with the one before; else it rebuilds what is
    needed, which takes about a minute where the code has changed since. Exit code 0: compared. 2:
    a night was not published.
    """
    from orchestration.commands.diff import diff_command

    raise typer.Exit(diff_command(nights or [], as_json=as_json))
