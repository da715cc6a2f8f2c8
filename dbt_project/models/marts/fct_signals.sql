with

equities as (
    select * from {{ ref('int_equity_signals_explained') }}
),

credit as (
    select * from {{ ref('int_credit_signals_explained') }}
),

volatility as (
    select * from {{ ref('int_volatility_signals_explained') }}
),

decided as (
    select * from equities
    union all by name
    select * from credit
    union all by name
    select * from volatility
),

final as (
    select
        strategy,
        variant,
        symbol,
        session_date,
        signal::integer as signal,
        event,
        target_weight,
        reason,
        inputs_available_at,
        decided_at,
        effective_session
    from decided
)

select * from final
