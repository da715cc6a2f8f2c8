-- Versions of the two spreads on one date, paired as they could be seen together: a new
-- row at every moment at which either of them changed.
with

versions as (
    select
        *,
        {{ superseded_at('series_id, observed_date', 'ledger_version') }}
            as superseded_at
    from {{ ref('stg_fred__observations') }}
),

sessions as (
    select
        *,
        lead(decided_at) over (order by session_number) as next_decided_at
    from {{ ref('stg_exchange__sessions') }}
),

paired as (
    select
        high_yield.observed_date,
        high_yield.value_in_unit as hy_oas_pct,
        investment_grade.value_in_unit as ig_oas_pct,
        greatest(high_yield.available_at, investment_grade.available_at) as available_at
    from versions as high_yield
    inner join versions as investment_grade
        on
            high_yield.observed_date = investment_grade.observed_date
            and greatest(high_yield.available_at, investment_grade.available_at)
            < least(high_yield.superseded_at, investment_grade.superseded_at)
    where
        high_yield.series_id = '{{ var('high_yield_series') }}'
        and investment_grade.series_id = '{{ var('investment_grade_series') }}'
),

-- Left out: dates on which the exchange was closed, and those first known after the
-- next session's decision; letting these in later would rewrite windows used without
-- them.
final as (
    select
        sessions.session_date,
        sessions.session_number,
        row_number() over versions_of_day as version_number,
        paired.hy_oas_pct,
        paired.ig_oas_pct,
        paired.hy_oas_pct - paired.ig_oas_pct as hy_ig_spread_pct,
        paired.available_at
    from paired
    inner join sessions
        on paired.observed_date = sessions.session_date
    window
        versions_of_day as (
            partition by paired.observed_date
            order by paired.available_at
        )
    qualify min(paired.available_at) over (
            partition by paired.observed_date
        ) <= sessions.next_decided_at
)

select * from final
