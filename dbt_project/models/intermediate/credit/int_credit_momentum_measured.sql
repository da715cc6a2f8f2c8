with

pair as (
    select * from {{ ref('int_credit_pair_closed') }}
),

variants as (
    select * from {{ ref('credit_variants') }}
    where rule = 'momentum_ratio'
),

final as (
    select
        variants.variant,
        pair.session_date,
        pair.high_yield_close_usd / past.high_yield_close_usd
        - pair.investment_grade_close_usd / past.investment_grade_close_usd
            as momentum_return,
        pair.available_at
    from pair
    cross join variants
    inner join pair as past
        on pair.pair_number - variants.momentum_sessions = past.pair_number
)

select * from final
