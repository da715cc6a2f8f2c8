-- Weights have the signal's sign; equities of a session never exceed the overlay's cap
-- in total, credit legs cancel out.
{{ config(meta={'dagster': {'ref': {'name': 'fct_signals'}}}) }}

with

signals as (
    select * from {{ ref('fct_signals') }}
),

totals as (
    select
        strategy,
        variant,
        session_date,
        sum(target_weight::decimal(38, 12)) as net_weight
    from signals
    where event is distinct from 'exit'
    group by strategy, variant, session_date
)

select
    strategy,
    variant,
    session_date,
    target_weight as weight
from signals
where
    sign(target_weight) <> signal
    or signal not in (-1, 0, 1)
    or (
        strategy = 'credit'
        and abs(target_weight) not in (0, {{ var('credit_leg_weight') }})
    )
union all
select
    strategy,
    variant,
    session_date,
    net_weight
from totals
where
    (strategy = 'equities' and net_weight > {{ var('overlay_cap') }} + 1e-9)
    or (strategy = 'credit' and net_weight <> 0)
