with

oas as (
    select * from {{ ref('int_oas_measured') }}
),

price_proxy as (
    select * from {{ ref('int_price_proxy_measured') }}
),

measured as (
    select * from oas
    union all by name
    select * from price_proxy
),

final as (
    select
        spread_source,
        session_date,
        session_number,
        hy_oas_pct,
        ig_oas_pct,
        hy_ig_spread_pct,
        spread_zscore,
        hy_oas_percentile,
        2 * hy_oas_percentile - 1 as credit_stress,
        available_at
    from measured
)

select * from final
