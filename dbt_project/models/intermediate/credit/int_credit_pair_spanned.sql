-- The pair decides when both legs do, is frozen when either is, ends with either.
with

spanned as (
    select * from {{ ref('int_symbol_sessions_spanned') }}
),

final as (
    select
        high_yield.session_date,
        high_yield.segment + investment_grade.segment as segment,
        high_yield.is_decided and investment_grade.is_decided as is_decided,
        high_yield.is_ended or investment_grade.is_ended as is_ended,
        -- "quarantined" comes after "no_bar" in the alphabet and before it in weight
        greatest(high_yield.freeze_reason, investment_grade.freeze_reason)
            as freeze_reason,
        high_yield.effective_session,
        high_yield.decided_at
    from spanned as high_yield
    inner join spanned as investment_grade
        on high_yield.session_date = investment_grade.session_date
    where
        high_yield.symbol = '{{ var('high_yield_fund') }}'
        and investment_grade.symbol = '{{ var('investment_grade_fund') }}'
)

select * from final
