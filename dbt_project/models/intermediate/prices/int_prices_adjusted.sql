with

prices as (
    select * from {{ ref('int_prices_reconciled') }}
),

adjustments as (
    select * from {{ ref('int_adjustments_accumulated') }}
),

-- an adjustment holds from the bar of its session on
joined as (
    select
        prices.*,
        coalesce(adjustments.split_ratio, 1.0) as split_ratio,
        coalesce(adjustments.dividend_usd, 0.0) as dividend_usd,
        row_number() over bars as bar_number,
        lag(prices.close_usd) over bars as previous_close_usd,
        coalesce(
            last_value(adjustments.split_factor ignore nulls) over so_far, 1.0
        ) as split_factor,
        coalesce(
            last_value(adjustments.adjustment_factor ignore nulls) over so_far, 1.0
        ) as adjustment_factor,
        coalesce(
            last_value(adjustments.adjustment_factor ignore nulls) over before, 1.0
        ) as previous_factor
    from prices
    left join adjustments
        on
            prices.symbol = adjustments.symbol
            and prices.session_date = adjustments.session_date
    window
        bars as (partition by prices.symbol order by prices.session_date),
        so_far as (bars rows between unbounded preceding and current row),
        before as (bars rows between unbounded preceding and 1 preceding)
),

final as (
    select
        symbol,
        session_date,
        session_number,
        bar_number,
        provider,
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume_shares,
        split_ratio,
        dividend_usd,
        open_usd * adjustment_factor as adjusted_open_usd,
        high_usd * adjustment_factor as adjusted_high_usd,
        low_usd * adjustment_factor as adjusted_low_usd,
        close_usd * adjustment_factor as adjusted_close_usd,
        previous_close_usd * previous_factor as previous_adjusted_close_usd,
        close_usd * split_factor as split_adjusted_close_usd,
        adjusted_close_usd / previous_adjusted_close_usd - 1 as total_return,
        adjustment_mode,
        available_at,
        decided_at
    from joined
)

select * from final
