with

decided as (
    select * from {{ ref('int_intraday_signals_explained') }}
),

final as (
    select
        variant,
        style,
        symbol,
        bar_interval,
        session_date,
        bar_end_at,
        close_usd,
        rsi_14,
        band_distance,
        stochastic_k,
        stochastic_d,
        signal::integer as signal,
        event,
        target_weight,
        reason,
        inputs_available_at,
        decided_at,
        decided_at as available_at,
        effective_at
    from decided
)

select * from final
