-- Both spreads as each session's decision knew them: newest observation, in its newest
-- version.
with

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

oas as (
    select
        *,
        {{ superseded_at('session_date', 'version_number') }} as superseded_at
    from {{ ref('int_oas_paired') }}
),

first_known as (
    select * from oas
    where version_number = 1
),

dated as (
    select
        sessions.session_date,
        sessions.decided_at,
        first_known.session_date as observed_date
    from sessions
    asof join first_known
        on sessions.decided_at >= first_known.available_at
),

final as (
    select
        dated.session_date,
        oas.hy_oas_pct,
        oas.ig_oas_pct,
        dated.observed_date,
        oas.available_at,
        dated.decided_at
    from dated
    inner join oas
        on
            dated.observed_date = oas.session_date
            and dated.decided_at >= oas.available_at
            and dated.decided_at < oas.superseded_at
)

select * from final
