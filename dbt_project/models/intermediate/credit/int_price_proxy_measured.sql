-- The spread as bond fund prices tell it: log of LQD over log of HYG on adjusted
-- closes.
{% set rows = var('spread_zscore_rows') %}

with

measured as (
    select
        session_date,
        session_number,
        ln(investment_grade_close_usd) - ln(high_yield_close_usd) as log_ratio,
        available_at
    from {{ ref('int_credit_pair_closed') }}
),

windowed as (
    select
        *,
        {{ trailing_mean('log_ratio', rows) }} as mean,
        {{ trailing_deviation('log_ratio', rows) }} as deviation,
        list(log_ratio) over (
            bars rows between {{ var('spread_percentile_rows') | int - 1 }} preceding
            and current row
        ) as ratios
    from measured
    window bars as (order by session_date)
),

final as (
    select
        'price_proxy' as spread_source,
        session_date,
        session_number,
        log_ratio as hy_ig_spread_pct,
        (log_ratio - mean) / nullif(deviation, 0) as spread_zscore,
        case
            when len(ratios) >= {{ var('spread_percentile_min_rows') }}
                then
                    len(list_filter(ratios, lambda ratio: ratio <= log_ratio))
                    / len(ratios)
        end as hy_oas_percentile,
        available_at
    from windowed
)

select * from final
