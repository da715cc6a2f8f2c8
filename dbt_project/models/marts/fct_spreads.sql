with

spreads as (
    select * from {{ ref('int_spreads_measured') }}
),

final as (
    select
        session_date,
        spread_source,
        hy_oas_pct,
        ig_oas_pct,
        hy_ig_spread_pct,
        spread_zscore,
        hy_oas_percentile,
        credit_stress,
        available_at
    from spreads
)

select * from final
