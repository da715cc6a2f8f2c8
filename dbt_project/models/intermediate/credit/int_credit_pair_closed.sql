with

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

final as (
    select
        high_yield.session_date,
        high_yield.session_number,
        row_number() over (order by high_yield.session_date) as pair_number,
        high_yield.adjusted_close_usd as high_yield_close_usd,
        investment_grade.adjusted_close_usd as investment_grade_close_usd,
        greatest(high_yield.available_at, investment_grade.available_at) as available_at
    from prices as high_yield
    inner join prices as investment_grade
        on high_yield.session_date = investment_grade.session_date
    where
        high_yield.symbol = '{{ var('high_yield_fund') }}'
        and investment_grade.symbol = '{{ var('investment_grade_fund') }}'
)

select * from final
