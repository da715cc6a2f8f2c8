with

prices as (
    select * from {{ ref('int_prices_reconciled') }}
),

adjustments as (
    select * from {{ ref('int_adjustments_accumulated') }}
),

joined as (
    select
        prices.*,
        adjustments.session_date = prices.session_date as is_adjusted_today,
        adjustments.split_ratio,
        adjustments.dividend_usd,
        coalesce(adjustments.adjustment_factor, 1.0) as adjustment_factor,
        coalesce(adjustments.split_factor, 1.0) as split_factor
    from prices
    asof left join adjustments
        on
            prices.symbol = adjustments.symbol
            and prices.available_at >= adjustments.available_at
),

final as (
    select
        symbol,
        session_date,
        session_number,
        row_number() over bars as bar_number,
        provider,
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume_shares,
        case when is_adjusted_today then split_ratio else 1.0 end as split_ratio,
        case when is_adjusted_today then dividend_usd else 0.0 end as dividend_usd,
        open_usd * adjustment_factor as adjusted_open_usd,
        high_usd * adjustment_factor as adjusted_high_usd,
        low_usd * adjustment_factor as adjusted_low_usd,
        close_usd * adjustment_factor as adjusted_close_usd,
        close_usd * split_factor as split_adjusted_close_usd,
        close_usd * adjustment_factor
        / lag(close_usd * adjustment_factor) over bars - 1 as total_return,
        adjustment_mode,
        available_at,
        decided_at
    from joined
    window bars as (partition by symbol order by session_date)
)

select * from final
