"""How fast the backtest engine is beside vectorbt, from cold, and on a thousand variants.

The vectorbt lines are equal work: both start from the same prices and weights laid out as each
wants them, both are warm (vectorbt's compiler has run), and both are done when the daily returns of
every account exist, which are checked to be the same. vectorbt keeps its orders on the way, so the
engine is timed with its fills too. vectorbt walks through one account after the other; the engine
takes all at once, as a night does with the variants of a strategy, and a single account costs it
nearly as much as six.
"""

import json
import subprocess
import sys
import time
from functools import partial

import numpy as np

from analytics import performance
from analytics.arrays import Floats
from analytics.backtest import run_backtest
from analytics.market import Market, build_market
from tests.analytics.look_ahead import honest_run, peeking_returns, simulated_closes
from tests.analytics.toy import weekdays
from tests.analytics.vectorbt_account import COSTS, simulate, vectorbt_arguments
from tests.bench_timing import line, seconds

N_SESSIONS, N_SYMBOLS = 2_520, 500
ACCOUNTS = (1, 6)  # alone; the variants of one strategy
FEWEST_TIMES, MOST_FIRST_SECONDS, MOST_SECONDS = 20.0, 1.0, 2.0
TOLERANCE = 1e-9


def random_market(n_symbols: int, *, seed: int = 1) -> Market:
    """Ten years of prices that jump over night."""
    rng = np.random.default_rng(seed)
    shape = (N_SESSIONS, n_symbols)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, shape), axis=0))
    return build_market(
        sessions=weekdays(N_SESSIONS, "2014-01-06"),
        symbols=tuple(f"S{number:03d}" for number in range(n_symbols)),
        open_usd=closes * np.exp(rng.normal(0, 0.005, shape)),
        close_usd=closes,
    )


def random_targets(n_symbols: int, n_accounts: int, *, seed: int = 2) -> Floats:
    """Weights that hold for 20 sessions on average, of half of equity on average."""
    rng = np.random.default_rng(seed)
    shape = (n_symbols, n_accounts)
    targets, current = np.empty((N_SESSIONS, *shape)), np.zeros(shape)
    for t in range(N_SESSIONS):
        drawn = rng.choice([0.0, 0.5 / n_symbols, 1.0 / n_symbols], shape)
        current = np.where(rng.random(shape) < 0.05, drawn, current)
        targets[t] = current
    return targets


def bench_vectorbt() -> None:
    """Daily returns of the same accounts, here and there.

    Twice there: orders in the sequence of the columns, and sales first, which its documentation
    advises where accounts might run out of cash; here the sequence plays no part.
    """
    market = random_market(N_SYMBOLS)
    unit = f"{N_SYMBOLS} symbols x {N_SESSIONS:,} sessions"
    for n_accounts in ACCOUNTS:
        targets = random_targets(N_SYMBOLS, n_accounts)
        arguments = vectorbt_arguments(market, targets, "next_open")
        theirs = {
            words: partial(vectorbt_returns, {**arguments, "call_seq": sequence})
            for words, sequence in (("vectorbt", "default"), ("sales first", "auto"))
        }
        ours = {
            words: partial(our_returns, market, targets, has_fill_log=has_fill_log)
            for words, has_fill_log in (("ours", False), ("ours with fills", True))
        }
        apart = np.abs(theirs["vectorbt"]().reshape(N_SESSIONS, -1)[1:] - ours["ours"]()).max()
        if apart > TOLERANCE:
            raise AssertionError(f"vectorbt and the engine differ by {apart:.1e} in a return.")
        fast = {words: seconds(call, repeats=10) for words, call in ours.items()}
        for their_words, call in theirs.items():
            slow = seconds(call)
            for words, took in fast.items():
                mark = "" if slow / took >= FEWEST_TIMES else f"  LESS THAN {FEWEST_TIMES:g} x"
                name = f"backtest: {their_words} / {words}, accounts: {n_accounts}"
                line(name, slow, took, unit + mark)


def vectorbt_returns(arguments: dict[str, object]) -> Floats:
    """Daily returns of every account, and its orders on the way."""
    returns: Floats = simulate(arguments).returns().to_numpy()
    return returns


def our_returns(market: Market, targets: Floats, *, has_fill_log: bool) -> Floats:
    """Daily returns of every account."""
    return run_backtest(market, targets, costs=COSTS, has_fill_log=has_fill_log).net_return


def first_call() -> None:
    """Print how long the first and the second run of this process take, imports left out."""
    market, targets = random_market(N_SYMBOLS), random_targets(N_SYMBOLS, 1)
    took = []
    for _ in range(5):
        start = time.perf_counter()
        run_backtest(market, targets)
        took.append(time.perf_counter() - start)
    print(json.dumps([took[0], min(took[1:])]))


def bench_first_call() -> None:
    """A fresh process has nothing to compile."""
    command = [sys.executable, "-m", "tests.bench_engine"]
    reply = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    first, warm = json.loads(reply)
    mark = "" if first < MOST_FIRST_SECONDS else f"  SLOWER THAN {MOST_FIRST_SECONDS:g} s"
    unit = f"{N_SYMBOLS} symbols x {N_SESSIONS:,} sessions{mark}"
    line("backtest: first call of a process / warm", first, warm, unit)


def bench_variants() -> None:
    """Daily rows of a thousand variants, without fills."""
    n_symbols, n_variants, n_alone = 20, 1_000, 20
    market, targets = random_market(n_symbols), random_targets(n_symbols, n_variants)
    alone = [np.ascontiguousarray(targets[:, :, [v]]) for v in range(n_alone)]
    some = seconds(
        lambda: [run_backtest(market, each, has_fill_log=False) for each in alone], repeats=1
    )
    together = seconds(lambda: run_backtest(market, targets, has_fill_log=False))
    mark = "" if together < MOST_SECONDS else f"  SLOWER THAN {MOST_SECONDS:g} s"
    unit = f"{n_variants:,} variants x {N_SESSIONS:,} sessions x {n_symbols} symbols{mark}"
    scaled = some * n_variants / n_alone
    line("backtest: one by one (scaled from 20) / all at once", scaled, together, unit)


def bench_look_ahead() -> None:
    """What a peek of one session is worth on one fixed series."""
    closes = simulated_closes()
    honest, peek = honest_run(closes).net_return, peeking_returns(closes)[:, None]
    print("look-ahead: close above its 200-session mean, one simulated stock, ten years, no costs")
    for name, measure in (("CAGR", performance.cagr), ("Sharpe", performance.sharpe)):
        lagged, peeked = float(measure(honest)[0]), float(measure(peek)[0])
        print(
            f"  {name:<24} paid from the next session on {lagged:7.3f}, paid for the session that "
            f"decides {peeked:7.3f}: {peeked / lagged:.1f} x"
        )


def bench_engine_scale() -> None:
    """Print every comparison of the engine."""
    bench_first_call()
    bench_variants()
    bench_vectorbt()
    bench_look_ahead()


if __name__ == "__main__":
    first_call()
