"""Whether each strategy has decided the night, on which inputs, and whose decision is frozen."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from orchestration.health.finding import Finding, named
from orchestration.health.warehouse import Night, Unread
from warehouse.sessions import new_york_sessions

LONGEST_OAS_AGE = 5
"""Sessions: beyond that the credit strategy decides with the HYG/LQD proxy (DESIGN, section 6)."""

SILENT_SESSIONS = 3
"""Large companies are written about every day: a feed that is silent for longer is broken."""

SIDES = {1: "long", 0: "flat", -1: "short"}

NO_ORDER = "no order rests on them; `mqp doctor` says who serves them"


@dataclass(frozen=True)
class Look:
    """A published night, and the strategy that is looked at."""

    night: Night
    strategy: str

    def finding(self, state: str, detail: str, check: str) -> Finding:
        """A finding about this strategy."""
        return Finding(self.strategy, state, detail, check)

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """The rows of a query that may speak of `$night` and `$strategy`."""
        here = {"night": self.night.night, "strategy": self.strategy}
        return self.night.rows(query, **here, **parameters)

    def symbols(self, query: str, **parameters: Any) -> list[str]:
        """The first column of a query's rows, as text."""
        return [str(row[0]) for row in self.rows(query, **parameters)]

    def sessions_since(self, day: date) -> int:
        """How many sessions a day lies before the night."""
        ((count,),) = self.rows(
            "select count(*) from ops.exchange_sessions where session_date > $day "
            "and session_date <= $night",
            day=day,
        )
        return int(count)


def strategy_findings(night: Night | Unread, strategy: str) -> Iterator[Finding]:
    """Everything about one strategy, from the published file alone."""
    see = "see `mqp health --component warehouse`"
    if isinstance(night, Unread):
        told = f"not known without a readable published night: {see}"
        yield Finding(strategy, night.state, told, "published")
        return
    try:
        yield from CHECKS[strategy](Look(night, strategy))
    except duckdb.Error as err:
        told = f"the published file does not tell ({str(err).splitlines()[0]}): {see}"
        yield Finding(strategy, "fail", told, "published")


def _equities(look: Look) -> Iterator[Finding]:
    members = look.symbols(
        "select distinct symbol from ops.universe_members where "
        "coalesce(from_date, $night) <= $night and coalesce(to_date, $night) >= $night order by 1"
    )
    yield from _decided(look, members)
    yield _sentiment(look)


def _credit(look: Look) -> Iterator[Finding]:
    yield from _decided(look, _traded(look))
    yield _spreads(look)


def _volatility(look: Look) -> Iterator[Finding]:
    yield from _decided(look, _traded(look))
    yield _term_structure(look)


def _intraday(look: Look) -> Iterator[Finding]:
    rows = look.rows(
        "select symbol, max(session_date), arg_max(signal, bar_end_at), v.variant "
        "from marts.fct_intraday_signals inner join marts.dim_variants as v using (variant) "
        "where v.strategy = 'intraday' and v.is_default group by symbol, v.variant order by symbol"
    )
    late = [f"{symbol} (up to {last})" for symbol, last, *_ in rows if last < look.night.night]
    if not rows:
        yield look.finding("warn", f"no 5-minute bars at all: {NO_ORDER}", "bars")
        return
    if late:
        told = f"no 5-minute bars of {look.night.night} of {named(late)}: {NO_ORDER}"
        yield look.finding("warn", told, "bars")
    else:
        symbols = named(str(row[0]) for row in rows)
        yield look.finding("ok", f"5-minute bars of {look.night.night} of {symbols}", "bars")
    signals = named(f"{symbol} {SIDES[signal]}" for symbol, _, signal, _ in rows)
    yield look.finding("ok", f"{rows[0][3]} after the last bar: {signals}", "signal")


CHECKS: Mapping[str, Callable[[Look], Iterator[Finding]]] = {
    "equities": _equities,
    "credit": _credit,
    "volatility": _volatility,
    "intraday": _intraday,
}
"""Strategy, as `--component` names it, to what is looked at."""


def _traded(look: Look) -> list[str]:
    """The funds of a strategy."""
    return look.symbols(
        "select distinct symbol from marts.fct_signals where strategy = $strategy order by 1"
    )


def _decided(look: Look, wanted: list[str]) -> Iterator[Finding]:
    """Bars of the night, signals of the night, and decisions that are frozen."""
    night, symbols = look.night.night, named(wanted)
    barless = look.symbols(
        "select w from unnest($wanted) as t(w) where not exists (select 1 from "
        "marts.fct_prices where symbol = w and session_date = $night) order by 1",
        wanted=wanted,
    )
    if barless:
        told = f"no bar of {night} of {named(barless)}: run `mqp nightly` again when there is one"
        yield look.finding("warn", told, "bars")
    else:
        yield look.finding("ok", f"bars of {night} of {len(wanted)} symbols ({symbols})", "bars")
    yield _signal(look, wanted)
    frozen = look.symbols(
        "select symbol || ' (' || coalesce(freeze_reason, 'no decision') || ')' from "
        "intermediate.int_symbol_sessions_spanned where session_date = $night and not is_decided "
        "and not is_ended and symbol in (select unnest($wanted)) order by 1",
        wanted=wanted,
    )
    if frozen:
        told = f"the target stays as it is of {named(frozen)}: `mqp why SYMBOL` shows the rows"
        yield look.finding("warn", told, "frozen")
    else:
        yield look.finding("ok", "no decision is frozen", "frozen")


def _signal(look: Look, wanted: list[str]) -> Finding:
    night = look.night
    rows = look.rows(
        "select variant, count(distinct symbol), count(*) filter (where target_weight <> 0) "
        "from marts.fct_signals inner join marts.dim_variants as v using (strategy, variant) "
        "where strategy = $strategy and v.is_default and session_date = $night group by variant"
    )
    if not rows:
        told = f"nothing was decided for {night.night}: `mqp why {look.strategy}` shows its inputs"
        return look.finding("fail", told, "signal")
    variant, decided, held = rows[0]
    told = f"{variant} has decided {decided} of {len(wanted)} for {night.night}, {held} with weight"
    if not night.is_fresh:
        return look.finding("warn", f"{told}; {night.due} is due: run `mqp nightly`", "signal")
    return look.finding("ok", told, "signal")


def _sentiment(look: Look) -> Finding:
    ((last,),) = look.rows(
        "select max(session_date) from marts.fct_sentiment where article_count > 0 "
        "and session_date <= $night"
    )
    cure = "a session without news counts as 0: `mqp sentiment` shows each symbol, `mqp doctor` why"
    if last is None:
        return look.finding("warn", f"no news is stored: {cure}", "sentiment")
    age = look.sessions_since(last)
    told = f"the newest scored news counts for {last}, {_ago(age)}"
    if age > SILENT_SESSIONS:
        return look.finding("warn", f"{told}; {cure}", "sentiment")
    return look.finding("ok", told, "sentiment")


def _spreads(look: Look) -> Finding:
    ((last,),) = look.rows(
        "select max(session_date) from marts.fct_spreads, ops.build_context "
        "where spread_source = 'oas' and available_at <= as_of_at"
    )
    if last is None:
        told = "no ICE spreads are stored, the HYG/LQD proxy decides: see `mqp doctor`"
        return look.finding("warn", told, "spreads")
    age = look.sessions_since(last)
    told = f"ICE spreads up to {last}, {_ago(age)}"
    if age > LONGEST_OAS_AGE:
        return look.finding("warn", f"{told}: the HYG/LQD proxy decides; `mqp doctor`", "spreads")
    if age > 1 and last < _expected_spread(look.night.night):
        late = f"{told}, used up to {LONGEST_OAS_AGE}: run `mqp nightly` again in the morning"
        return look.finding("warn", late, "spreads")
    return look.finding("ok", told, "spreads")


def _expected_spread(night: date) -> date:
    """The newest spread that a night's decision can know, where it is not the last session's."""
    from orchestration.freshness import OAS_SERIES, expected_observation  # pandas for the holidays

    return expected_observation(OAS_SERIES[0], night, new_york_sessions())


def _term_structure(look: Look) -> Finding:
    ((last,),) = look.rows(
        "select max(session_date) from marts.fct_term_structure "
        "where vix is not null and vix3m is not null"
    )
    if last == look.night.night:
        return look.finding("ok", f"VIX and VIX3M of {last}", "term_structure")
    told = f"VIX and VIX3M end {last or 'nowhere'}: flat for {look.night.night}"
    return look.finding(
        "warn", f"{told}; run `mqp nightly` again, see `mqp ping`", "term_structure"
    )


def _ago(sessions: int) -> str:
    words = {0: "the night itself", 1: "the session before the night"}
    return words.get(sessions, f"{sessions} sessions before the night")
