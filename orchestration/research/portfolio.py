"""`mqp portfolio`: today's settings and a few options on the latest night's data.

Nothing is built: the published file holds the signals. It is copied to a scratch folder, which gets
the results; the ledger gets the trial's row before the result is shown.
"""

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.build import read_analytics_inputs
from orchestration.configuration import parse_portfolio, recorded_configuration
from orchestration.errors import NightError
from orchestration.order_summary import summed_up
from orchestration.portfolio_checks import refuse_unfit
from orchestration.replay.nights import PublishedNight, published_night_of
from orchestration.research.account import account_of
from orchestration.research.portfolio_identity import file_stem, parameters_of
from orchestration.research.run import counted
from orchestration.resources import Settings
from orchestration.trials import known_trials
from orchestration.yaml_file import read_yaml
from reports.orders import fraction_warning
from warehouse.connection import connect
from warehouse.files import copy_database
from warehouse.ledger import refuse_other_world
from warehouse.lock import writer_lock

if TYPE_CHECKING:
    from analytics.inputs import AnalyticsInputs
    from analytics.portfolio_research import PortfolioAnswer
    from analytics.settings import PortfolioConfig

COMMAND = "mqp portfolio"


@dataclass(frozen=True)
class AskedPortfolio:
    """What differs from the portfolio file.

    `changes`: key of the file (`limits.gross`) → value. `holdings`: a file to size orders for, None
    for the configured one.
    """

    changes: Mapping[str, Any] = field(default_factory=dict)
    holdings: Path | None = None


@dataclass(frozen=True, eq=False)
class ReadyPortfolio:
    """Everything an answer needs; nothing has been evaluated yet.

    `file`: a copy of the published night. `inputs`: with the settings asked for. `published`: the
    night's own settings. `parameters`: what the trial is, as JSON. `warnings`: what a person must
    know of the night before sending an order, sentence by sentence.
    """

    file: Path
    night: PublishedNight
    inputs: "AnalyticsInputs"
    published: "PortfolioConfig"
    parameters: str
    warnings: tuple[str, ...]

    @property
    def stem(self) -> str:
        """What its files are called: the same settings and account, the same names."""
        return file_stem(self.inputs.portfolio_config, self.inputs.holdings)


@contextmanager
def prepared_portfolio(
    settings: Settings, asked: AskedPortfolio, say: Callable[[str], None]
) -> Iterator[ReadyPortfolio]:
    """Check what is asked and copy the published night to a scratch folder.

    Raises
    ------
    UsageError
        The portfolio file, an option or the holdings file is wrong, in one sentence.
    NightError
        No night has been published yet, or `--holdings` is asked for on one that is not the
        latest.
    """
    file_name = _named_file(settings, asked)
    config = parse_portfolio(_content(settings, asked), file=file_name, is_strict=True)
    home = settings.home
    refuse_other_world(home.ledger, home.published, settings.world)
    if not home.published.exists() or not home.ledger.exists():
        raise NightError("No night has been published yet: run `mqp nightly` first.")
    with tempfile.TemporaryDirectory(prefix="mqp-portfolio-") as folder:
        file = Path(folder) / "quant.duckdb"
        copy_database(home.published, file)
        with connect(file, read_only=True) as published:
            (built,) = published.execute("select night from ops.build_context").fetchall()[0]
        with (
            writer_lock(home.writer_lock, announce=say),
            connect(home.ledger, read_only=True) as ledger,
        ):
            night, trials = published_night_of(ledger, built), known_trials(ledger)
        recorded = recorded_configuration(night.configuration)
        refuse_unfit(config, recorded.universe, file=file_name)
        account = account_of(
            settings, asked.holdings, universe=recorded.universe, night=night.night
        )
        from analytics.inputs import AnalyticsInputs

        frames: dict[str, Any] = {**read_analytics_inputs(file)}
        yield ReadyPortfolio(
            file=file,
            night=night,
            inputs=AnalyticsInputs(
                **frames,
                portfolio_config=config,
                night=night.night,
                trials=trials,
                holdings=account.holdings,
            ),
            published=recorded.portfolio,
            parameters=parameters_of(config),
            warnings=account.warnings,
        )


def answer_portfolio(
    settings: Settings, ready: ReadyPortfolio, say: Callable[[str], None]
) -> "PortfolioAnswer":
    """Simulate, register the trial in the ledger, and put the results into the scratch copy.

    Raises
    ------
    UsageError
        The strategies have decided nothing, or the method knows too little of one of them.
    """
    from analytics.portfolio_research import run_portfolio_research

    def evaluate() -> "PortfolioAnswer":
        return run_portfolio_research(
            ready.inputs, published=ready.published, parameters=ready.parameters
        )

    return counted(settings, ready.file, evaluate, by=COMMAND, say=say)


def warnings_of(ready: ReadyPortfolio, found: "PortfolioAnswer") -> tuple[str, ...]:
    """What a person must know before sending an order: of the night, of what is held, of it."""
    holdings, orders = found.tables["holdings"], found.tables["orders"]
    summary = summed_up(holdings, orders, night=ready.night.night)
    told = [*ready.warnings]
    if summary:
        told += [summary.problem] if summary.problem else summary.warnings
    fractions = fraction_warning(orders["quantity_shares"])
    return (*told, fractions) if fractions else tuple(told)


def _content(settings: Settings, asked: AskedPortfolio) -> Any:
    """The portfolio file with the options put in, what of them has a place in it."""
    content = read_yaml(settings.portfolio)
    for path, value in asked.changes.items():
        *parents, key = path.split(".")
        node = content
        for parent in parents:
            node = node.setdefault(parent, {}) if isinstance(node, dict) else None
        if isinstance(node, dict):  # or the check of the file says what is wrong with it
            node[key] = value
    return content


def _named_file(settings: Settings, asked: AskedPortfolio) -> str:
    file = str(settings.portfolio)
    return f"{file} with the options given" if asked.changes else file
