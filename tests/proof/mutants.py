"""Look-ahead bugs, one at a time, as patches to the product's own SQL and Python.

Each is a mistake that real backtests have made. `mqp prove` must catch every one of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TRUNCATION, ACCOUNTANT = "truncation", "accountant"
CREDIT = "dbt_project/models/intermediate/credit"
EQUITIES = "dbt_project/models/intermediate/equities"
INTRADAY = "dbt_project/models/intermediate/intraday"


@dataclass(frozen=True)
class Patch:
    """One replacement in one file; the old words must stand there exactly once."""

    path: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A bug: what it does, who must see it, and the first table that moves by it."""

    name: str
    half: str
    table: str
    patches: Sequence[Patch]

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are patched; code outside of the project makes none."""
        paths = [Path(patch.path) for patch in self.patches if "analytics/" not in patch.path]
        assert all(path.parts[:2] == ("dbt_project", "models") for path in paths), self.name
        return tuple(path.stem for path in paths)

    @contextmanager
    def planted(self, tree: Path) -> Iterator[None]:
        """Patch a copy of the product, and take the patch back at the end."""
        before = {patch.path: (tree / patch.path).read_text() for patch in self.patches}
        try:
            for patch in self.patches:
                path = tree / patch.path
                text = path.read_text()
                assert text.count(patch.old) == 1, f"{self.name}: {path.name} lacks {patch.old!r}"
                path.write_text(text.replace(patch.old, patch.new))
            yield
        finally:
            for name, text in before.items():
                (tree / name).write_text(text)


def _one(name: str, half: str, table: str, path: str, old: str, new: str) -> Mutant:
    return Mutant(name, half, table, [Patch(path, old, new)])


MUTANTS: Mapping[str, Mutant] = {
    mutant.name: mutant
    for mutant in (
        # --- windows that see too far -------------------------------------------------------
        _one(
            "momentum reads tomorrow's close",
            TRUNCATION,
            "intermediate.int_trends_measured",
            f"{EQUITIES}/int_trends_measured.sql",
            "lag(adjusted_close_usd, {{ var('momentum_skip_sessions') }}) over bars",
            "lead(adjusted_close_usd, 1) over bars",
        ),
        _one(
            "sentiment in a centred window",
            TRUNCATION,
            "intermediate.int_sentiment_summarised",
            "dbt_project/models/intermediate/sentiment/int_sentiment_summarised.sql",
            "        sessions.session_number + sessions_ago as session_number\n",
            "        sessions.session_number + sessions_ago - 1 as session_number\n",
        ),
        _one(
            "intraday range reaches into the next bar",
            TRUNCATION,
            "intermediate.int_intraday_ranges_measured",
            f"{INTRADAY}/int_intraday_ranges_measured.sql",
            "preceding and current row)",
            "preceding and 1 following)",
        ),
        _one(
            "z-score over the full sample",
            TRUNCATION,
            "intermediate.int_spreads_measured",
            f"{CREDIT}/int_spreads_measured.sql",
            "        spread_zscore,\n",
            "        (hy_ig_spread_pct - avg(hy_ig_spread_pct) over (partition by spread_source))\n"
            "        / stddev_samp(hy_ig_spread_pct) over (partition by spread_source)\n"
            "            as spread_zscore,\n",
        ),
        _one(
            "percentile over the full sample",
            TRUNCATION,
            "intermediate.int_spreads_measured",
            f"{CREDIT}/int_spreads_measured.sql",
            "        hy_oas_percentile,\n",
            "        percent_rank() over (\n            partition by spread_source\n"
            "            order by hy_ig_spread_pct\n        ) as hy_oas_percentile,\n",
        ),
        # --- known too early ----------------------------------------------------------------
        Mutant(
            "macro joined by date and filled backwards",
            TRUNCATION,
            "intermediate.int_bills_joined_as_of",
            [
                Patch(
                    f"{CREDIT}/int_bills_joined_as_of.sql",
                    "        on sessions.decided_at >= newest_dates.available_at\n",
                    "        on sessions.session_date <= newest_dates.observed_date\n",
                ),
                Patch(
                    f"{CREDIT}/int_bills_joined_as_of.sql",
                    "            and dated.decided_at >= bills.available_at\n"
                    "            and dated.decided_at < bills.superseded_at\n",
                    "",
                ),
            ],
        ),
        _one(
            "OAS without its publication lag",
            TRUNCATION,
            "intermediate.int_spreads_joined_as_of",
            f"{CREDIT}/int_spreads_joined_as_of.sql",
            "            and asked.decided_at >= spreads.available_at\n",
            "            and asked.session_date >= spreads.session_date\n",
        ),
        Mutant(
            "tomorrow's split adjusts today",
            TRUNCATION,
            "intermediate.int_adjustments_accumulated",
            [
                Patch(
                    "dbt_project/models/intermediate/prices/int_adjustments_accumulated.sql",
                    "            and actions.effective_date > prices.previous_session_date\n"
                    "            and actions.effective_date <= prices.session_date\n",
                    "            and actions.effective_date > prices.previous_session_date + 1\n"
                    "            and actions.effective_date <= prices.session_date + 1\n",
                )
            ],
        ),
        Mutant(
            "news of the evening counts for the day",
            TRUNCATION,
            "intermediate.int_sentiment_summarised",
            [
                Patch(
                    "dbt_project/models/intermediate/sentiment/int_stories_dated.sql",
                    "            stories.counted_at > sessions.previous_cutoff_at\n"
                    "            and stories.counted_at <= sessions.news_cutoff_at\n",
                    "            (stories.counted_at at time zone 'America/New_York')::date\n"
                    "            = sessions.session_date\n",
                ),
                Patch(
                    "dbt_project/models/intermediate/sentiment/int_stories_dated.sql",
                    "    where stories.available_at <= sessions.news_cutoff_at\n",
                    "",
                ),
            ],
        ),
        _one(
            "universe chosen with hindsight",
            TRUNCATION,
            "intermediate.int_equity_inputs_joined",
            f"{EQUITIES}/int_equity_inputs_joined.sql",
            "    from spanned\n",
            "    from spanned\n    inner join (\n        select listed.symbol\n"
            "        from trends as listed\n        group by listed.symbol\n"
            "        having max(listed.session_date) >= (\n"
            "            select max(latest.session_date) - 7 from trends as latest\n"
            "        )\n    ) as listed\n        on spanned.symbol = listed.symbol\n",
        ),
        _one(
            "revised value used from the beginning",
            TRUNCATION,
            "intermediate.int_oas_paired",
            f"{CREDIT}/int_oas_paired.sql",
            "        paired.hy_oas_pct,\n",
            "        last_value(paired.hy_oas_pct) over (\n"
            "            partition by paired.observed_date\n"
            "            order by paired.available_at\n"
            "            rows between unbounded preceding and unbounded following\n"
            "        ) as hy_oas_pct,\n",
        ),
        _one(
            "company report before its acceptance",
            TRUNCATION,
            "intermediate.int_fundamentals_joined_as_of",
            "dbt_project/models/intermediate/fundamentals/int_fundamentals_joined_as_of.sql",
            "            and spanned.decided_at >= figures.available_at\n",
            "            and spanned.session_date >= figures.period_end_date\n",
        ),
        # --- Python that decides with what comes later ---------------------------------------
        _one(
            "allocation with the covariance of tomorrow",
            TRUNCATION,
            "analytics.portfolio_daily",
            "analytics/portfolio.py",
            "self._covariance.update(self._returns[t])",
            "self._covariance.update(self._returns[min(t + 1, len(self._returns) - 1)])",
        ),
        Mutant(
            "walk-forward trained on the half-year that it governs",
            TRUNCATION,
            "analytics.walk_forward_windows",
            [
                Patch(
                    "analytics/walk_forward.py",
                    "n_train = window.first - EMBARGO_SESSIONS - first_row",
                    "n_train = window.end - first_row",
                ),
                Patch(
                    "analytics/walk_forward.py",
                    "FEWEST_TRAINING_SESSIONS = 504",
                    "FEWEST_TRAINING_SESSIONS = 60",
                ),
            ],
        ),
        # --- filled with what its own session shows: no later row is used ---------------------
        _one(
            "decision filled in its own session",
            ACCOUNTANT,
            "analytics.backtest_positions",
            "analytics/backtest.py",
            "            targets[f - 1], None if is_renewed is None else is_renewed[f - 1]\n",
            "            targets[f], None if is_renewed is None else is_renewed[f]\n",
        ),
        _one(
            "filled at the close that decided",
            ACCOUNTANT,
            "analytics.backtest_positions",
            "analytics/fills.py",
            '        prices = market.open_usd if fill == "next_open" else market.close_usd\n',
            "        prices = np.roll(market.mark_usd, 1, axis=0)\n",
        ),
        _one(
            "shares sized at the price of the fill",
            ACCOUNTANT,
            "analytics.backtest_positions",
            "analytics/book.py",
            "after /= self._market.mark_usd[f - 1].take(symbol)",
            "after /= self._fill_log.prices_usd[f].take(symbol)",
        ),
        _one(
            "scale to target volatility with today's return",
            ACCOUNTANT,
            "analytics.backtest_positions",
            "analytics/portfolio.py",
            "self._book.advance(t, self._final[d - 1][:, None], orders)",
            "self._book.advance(t, self._final[d - 1][:, None] * min(\n"
            "            1.0, 0.005 / max(abs(float(self._plan.unscaled_return[t])), 1e-9)\n"
            "        ), orders)",
        ),
        _one(
            "stop filled at a price not yet seen",
            ACCOUNTANT,
            "analytics.backtest_positions",
            "analytics/fills.py",
            "self.prices_usd: Floats = np.where(market.has_bar, prices, market.mark_usd)",
            "self.prices_usd: Floats = np.where(market.has_bar, np.fmax(\n"
            "            prices, 0.995 * np.roll(market.mark_usd, 1, axis=0)), market.mark_usd)",
        ),
    )
}
