with

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

final as (
    select
        symbol,
        session_date,
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume_shares,
        adjusted_open_usd,
        adjusted_high_usd,
        adjusted_low_usd,
        adjusted_close_usd,
        total_return,
        split_ratio,
        dividend_usd,
        provider,
        available_at,
        adjustment_mode
    from prices
)

select * from final
