{% set fast, slow = var('sma_fast_sessions'), var('sma_slow_sessions') %}

with

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

final as (
    select
        symbol,
        session_date,
        {{ trailing('avg', 'adjusted_close_usd', fast) }} as sma_20_usd,
        {{ trailing('avg', 'adjusted_close_usd', slow) }} as sma_50_usd,
        {{ trailing('stddev_samp', 'total_return', var('volatility_sessions')) }}
        * sqrt({{ var('trading_days_per_year') }}) as volatility_20_annual,
        lag(adjusted_close_usd, {{ var('momentum_skip_sessions') }}) over bars
        / lag(adjusted_close_usd, {{ var('momentum_sessions') }}) over bars
        - 1 as momentum_12_1_return,
        available_at
    from prices
    window bars as (partition by symbol order by session_date)
)

select * from final
