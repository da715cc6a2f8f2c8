"""A published file small enough to read: two strategies that no dbt model knows."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics.settings import PortfolioConfig
from warehouse.connection import connect
from warehouse.why.reading import Reader

CONTENT = """
create schema ops; create schema analytics; create schema marts; create schema intermediate;
create table intermediate.int_prices_adjusted (symbol varchar, session_date date);
create table ops.build_context as
    select date '2024-06-28' as night, 7 as ledger_version, 'sandbox:7' as world,
        'code' as code_hash;
create table ops.nights as
    select date '2024-06-28' as night, 1 as attempt, 'CLEAN' as status;
create table ops.fetches (run_id varchar, provider varchar, dataset varchar, symbol varchar,
    response_hash varchar, served_from varchar, requested_at timestamptz);
create table ops.exchange_sessions as
    select day as session_date, day::timestamp + interval 20 hours as decided_at,
        lead(day) over (order by day) as next_session_date
    from unnest([date '2024-06-26', date '2024-06-27', date '2024-06-28', date '2024-07-01'])
        as days (day);
create table analytics.portfolio_daily as
    select * replace (equity_usd::double as equity_usd, net_return::double as net_return,
        scale::double as scale, forecast_volatility_annual::double as forecast_volatility_annual,
        realised_volatility_annual::double as realised_volatility_annual)
    from (values
        (date '2024-06-26', 1_000_000.0, 0.0, 0.8, 0.125, 0.11, 0.09, null),
        (date '2024-06-27', 1_100_000.0, 0.1, 0.0, 0.125, 0.11, 0.09, 'drawdown_stop: 0.3'),
        (date '2024-06-28', 990_000.0, -0.1, 0.8, 0.125, 0.11, 0.09, null)
    ) as rows (session_date, equity_usd, net_return, scale, forecast_volatility_annual,
        baseline_volatility_annual, realised_volatility_annual, override_reason);
alter table analytics.portfolio_daily add column decided_at timestamptz;
create table analytics.sleeve_weights as
    select date '2024-06-03' as session_date, strategy, 'equal' as method, 0.5 as weight,
        0.5 as equal_weight, null::double as volatility_annual, null as reason,
        null::timestamptz as decided_at
    from unnest(['alpha', 'beta']) as names (strategy);
create table analytics.walk_forward_windows (strategy varchar, session_date date, variant varchar);
create table analytics.target_weights as
    select session_date, strategy, symbol, 0.5::double as sleeve_weight,
        target::double as sleeve_target_weight, 'enter' as signal_reason,
        desired::double as desired_weight, bite::double as symbol_bite,
        0.0 as sector_bite, 0.0 as stress_bite, 0.0 as gross_bite, 0.0 as net_bite,
        0.0 as turnover_bite, (desired + bite)::double as final_weight, override as override_reason,
        false as is_stale_input, null::timestamptz as decided_at
    from (values
        (date '2024-06-26', 'alpha', 'AAA', 0.25, 0.1, 0.0, null),
        (date '2024-06-28', 'alpha', 'AAA', 0.25, 0.1, -0.02, null),
        (date '2024-06-28', 'beta', 'AAA', 0.1, 0.04, 0.0, null),
        (date '2024-06-28', 'beta', 'Bb.B', 0.5, 0.0, 0.0, 'short_history: too young')
    ) as rows (session_date, strategy, symbol, target, desired, bite, override);
create table analytics.decisions as
    select session_date as night, symbol, strategy, sleeve_target_weight as target_weight,
        if(strategy = 'beta', 0.05, final_weight)::double as final_weight, 'enter' as reason,
        timestamptz '2024-06-28 22:30:00Z' as recorded_at, 7 as ledger_version, 'c' as code_hash
    from analytics.target_weights where session_date = '2024-06-28' and symbol = 'AAA';
create table analytics.orders (symbol varchar, side varchar);
create table marts.fct_signals as
    select distinct strategy, 'only' as variant, symbol, session_date, 1 as signal,
        'enter' as event, sleeve_target_weight as target_weight, 'enter: because' as reason,
        decided_at from analytics.target_weights;
"""


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """Sessions 26 to 28 June 2024, the last one published; AAA in both sleeves, Bb.B in beta.

    ::

        28 June    sleeve  target  desired  symbol bite   final
        AAA alpha     0.5    0.25     0.10        -0.02    0.08    scale 0.8
        AAA beta      0.5    0.10     0.04            0    0.04    recorded as 0.05
        Bb.B beta     0.5    0.50        0            0       0    too young
    """
    with connect(tmp_path / "quant.duckdb") as connection:
        connection.execute(CONTENT)
        yield Reader(connection, PortfolioConfig(), variables={})
