"""Statements, ratios and profiles: slow data, asked for rarely so that prices keep their calls."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from ingestion.chains import Tally, chain, missing_keys
from ingestion.errors import EntitlementError, IngestionError, NotFoundError, QuotaError
from ingestion.providers import finnhub_metrics, fmp_statements
from ingestion.run import Feed, Held, Run

INCOME, KEY_METRICS = "income_statement", "key_metrics"
_YEARS, _COMPANY, _QUARTERS = range(3)
FMP_TURNS: dict[str, int] = {
    INCOME: _YEARS,
    KEY_METRICS: _YEARS,
    "ratios": _YEARS,
    "profile": _COMPANY,
    "income_statement_quarter": _QUARTERS,
    "key_metrics_quarter": _QUARTERS,
    "ratios_quarter": _QUARTERS,
}
"""FMP's pages in the order in which they are asked, and whose turn it is of those never asked."""

SNAPSHOTS_PER_NIGHT = 120
"""Finnhub's free plan needs two minutes for as many, and the night waits for them."""

FEWER_PERIODS = "limit"
"""The subject of a plan that allows few fiscal periods: a fact about a parameter."""

Key = tuple[Feed, str]


def collect_fundamentals(run: Run) -> list[Tally]:
    """Figures and profiles of every company; what is missing is told and degrades no night.

    FMP is asked as far as its ration of the day's calls goes, the pages that wait longest first;
    the others wait for the next night. Finnhub is asked for companies whose key metrics FMP
    refuses or fails to send.
    """
    symbols = run.wanted.company_symbols
    figures = Tally("fundamentals", symbols, is_required=False)
    profiles = Tally("profiles", symbols, is_required=False)
    if not symbols:
        return []
    feeds = [*chain(run.settings, "fundamentals"), *chain(run.settings, "profiles")]
    if not feeds:
        sentence = f"no provider of fundamentals is configured: set {missing_keys('fundamentals')}"
        run.journal.report("*", "fundamentals", "*", sentence, failure="auth", is_degrading=False)
        return []
    run.tell(f"figures of {len(symbols)} companies: asking {feeds[0].provider}")
    pages = sorted(
        (feed for feed in feeds if feed.provider == "fmp"),
        key=lambda feed: list(FMP_TURNS).index(feed.dataset),
    )
    for (feed, symbol), held in _collect_fmp(run, pages, symbols).items():
        (profiles if feed.dataset == "profile" else figures).add(feed, symbol, _told(feed, held))
    for feed in feeds:
        if feed.provider == "finnhub":
            pending = [symbol for symbol in symbols if not _is_served(figures, symbol)]
            for symbol, held in _collect_finnhub(run, feed, pending).items():
                figures.add(feed, symbol, held)
    figures.report(run, lambda symbol: _is_served(figures, symbol), lacking="no new fundamentals")
    if pages:
        profiles.report(run, profiles.is_answered, lacking="no new profile")
    return [figures, profiles]


def _is_served(figures: Tally, symbol: str) -> bool:
    return any(
        held.error is None and feed.dataset in (KEY_METRICS, "metric")
        for feed, held in figures.brought(symbol)
    )


def _told(feed: Feed, held: Held) -> Held:
    """The rows without their error where a plan lacks an extra: a standing fact is no news."""
    is_extra = FMP_TURNS[feed.dataset] == _QUARTERS and isinstance(held.error, EntitlementError)
    return replace(held, error=None) if is_extra else held


def _collect_fmp(run: Run, pages: Sequence[Feed], symbols: Sequence[str]) -> dict[Key, Held]:
    """What FMP's pages say of every company, those asked anew that tonight's ration allows."""
    waiting = _beyond_ration(run, [(page, symbol) for page in pages for symbol in symbols])
    income: dict[str, Held] = {}
    held: dict[Key, Held] = {}
    for page in pages:
        asker = _Asker(run, page, waiting, income)
        found = run.each(f"{page.dataset} from {page.provider}", symbols, asker)
        held |= {(page, symbol): answer for symbol, answer in found.items()}
        income = income or found
    return _with_acceptance(held)


@dataclass(frozen=True)
class _Asker:
    """Asks for one page of a company, if it is its turn.

    `income`: what the pages asked first have brought. Without an answer from there the figures are
    not asked either: landed without their acceptance they would count from the end of a lag for
    ever, because the acceptance could only make a second version of them.
    """

    run: Run
    page: Feed
    waiting: Collection[Key]
    income: Mapping[str, Held]

    def __call__(self, symbol: str) -> Held:
        if (self.page, symbol) in self.waiting:
            return _as_it_was(self.run, self.page, symbol, None)
        if self.page.dataset in fmp_statements.PAGES and symbol in self.income:
            error = self.income[symbol].error
            if _is_passing(error):
                is_told = self.page.dataset == KEY_METRICS
                return _as_it_was(self.run, self.page, symbol, error if is_told else None)
        return _refreshed(
            self.run, self.page, symbol, lambda: _fetched(self.run, self.page, symbol)
        )


def _beyond_ration(run: Run, pages: Iterable[Key]) -> frozenset[Key]:
    """The pages that are due and must wait for another night, which is told in one remark."""
    since = {key: day for key in pages if (day := run.due_since(*key))}
    left = run.sources[fmp_statements.SOURCE].calls_left
    if left is None or len(since) <= left:
        return frozenset()
    turns = {key: (day, FMP_TURNS[key[0].dataset], key[1]) for key, day in since.items()}
    waiting = sorted(turns, key=turns.__getitem__)[left:]
    companies = len({symbol for _, symbol in waiting})
    run.journal.report(
        "fmp",
        "fundamentals",
        "*",
        f"{len(waiting)} pages about {companies} companies wait for another night: {left} of "
        "today's calls were left to them, the others are kept for prices",
        failure="quota",
        is_degrading=False,
    )
    return frozenset(waiting)


def _is_passing(error: IngestionError | None) -> bool:
    """Whether another night may bring what failed, other than a page that nobody serves us."""
    is_final = isinstance(error, NotFoundError) or (
        isinstance(error, EntitlementError) and error.scope != "symbol"
    )
    return error is not None and not is_final


def _refreshed(run: Run, feed: Feed, symbol: str, fetch: Callable[[], pa.Table]) -> Held:
    wanted = run.wanted
    return run.refresh(
        feed,
        symbol,
        lambda *_: Held(fetch()),
        first=wanted.first_day,
        last=wanted.night,
        expected=None,
    )


def _as_it_was(run: Run, feed: Feed, symbol: str, error: IngestionError | None) -> Held:
    """The cached rows, as if they had been asked for in vain."""
    wanted = run.wanted
    held = run.open(feed, symbol, first=wanted.first_day, last=wanted.night, expected=None).held
    run.note_reuse(feed, symbol, held, error or QuotaError("its turn comes another night"))
    return replace(held, error=error)


def _fetched(run: Run, feed: Feed, symbol: str) -> pa.Table:
    source = run.sources[fmp_statements.SOURCE]
    if feed.dataset == "profile":
        return fmp_statements.fetch_profile(source, symbol)
    known = run.capabilities.refusal(feed.provider, feed.dataset, FEWER_PERIODS, now=run.clock())
    most = fmp_statements.FREE_PERIODS if known else None
    try:
        return fmp_statements.fetch_statements(source, feed.dataset, symbol, most_periods=most)
    except EntitlementError as refused:
        if refused.scope != "parameter" or known:
            raise
        run.capabilities.remember(
            feed.provider,
            feed.dataset,
            FEWER_PERIODS,
            at=run.clock(),
            message=run.journal.sentence(str(refused)),
        )
        return _fetched(run, feed, symbol)


def _with_acceptance(held: Mapping[Key, Held]) -> dict[Key, Held]:
    """Figures with the acceptance of their period, from the income statements held with them."""
    income = {
        (feed.dataset.removeprefix(INCOME), symbol): found.table
        for (feed, symbol), found in held.items()
        if feed.dataset.startswith(INCOME)
    }
    dated = {}
    for (feed, symbol), found in held.items():
        kind = "_quarter" if feed.dataset.endswith("_quarter") else ""
        if feed.dataset in fmp_statements.PAGES and not feed.dataset.startswith(INCOME):
            table = fmp_statements.with_acceptance(found.table, income[kind, symbol])
            found = replace(found, table=table)
        dated[feed, symbol] = found
    return dated


def _collect_finnhub(run: Run, feed: Feed, symbols: Sequence[str]) -> dict[str, Held]:
    """Snapshots of the companies that FMP does not serve, the oldest first."""
    since = {symbol: day for symbol in symbols if (day := run.due_since(feed, symbol))}
    waiting = frozenset(sorted(since, key=since.__getitem__)[SNAPSHOTS_PER_NIGHT:])
    if waiting:
        run.journal.report(
            feed.provider,
            feed.dataset,
            "*",
            f"snapshots of {len(waiting)} companies wait for another night: "
            f"{SNAPSHOTS_PER_NIGHT} are asked in one",
            failure="quota",
            is_degrading=False,
        )

    def work(symbol: str) -> Held:
        if symbol in waiting:
            return _as_it_was(run, feed, symbol, None)
        source = run.sources[feed.provider]
        return _refreshed(run, feed, symbol, lambda: finnhub_metrics.fetch_metrics(source, symbol))

    return run.each(f"fundamentals from {feed.provider}", symbols, work)
