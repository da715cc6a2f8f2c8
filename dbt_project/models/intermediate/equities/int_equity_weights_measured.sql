{% set floor, cap = var('overlay_floor'), var('overlay_cap') %}

with

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

members as (
    select * from {{ ref('int_universe_members_merged') }}
),

spreads as (
    select * from {{ ref('int_spreads_joined_as_of') }}
),

term_structure as (
    select * from {{ ref('int_term_structure_measured') }}
),

spans as (
    select
        from_date,
        to_date,
        count(*) as member_count
    from members
    group by all
),

counted as (
    select
        sessions.session_date,
        sessions.decided_at,
        sum(spans.member_count)::bigint as member_count
    from sessions
    inner join spans
        on sessions.session_date between spans.from_date and spans.to_date
    group by all
),

joined as (
    select
        counted.*,
        {{ decisive('1 - ' ~ var('overlay_slope') ~ ' * spreads.credit_stress') }}
            as raw_overlay,
        term_structure.term_structure,
        greatest(spreads.available_at, term_structure.available_at) as available_at
    from counted
    left join spreads
        on counted.session_date = spreads.session_date
    left join term_structure
        on
            counted.session_date = term_structure.session_date
            -- a curve completed from FRED's copy was not there to decide on
            and counted.decided_at >= term_structure.available_at
),

final as (
    select
        session_date,
        member_count,
        case
            when raw_overlay is null then 1.0
            else
                floor(
                    least(greatest(raw_overlay, {{ floor }}), {{ cap }})
                    * {{ var('overlay_steps_per_unit') }} + 0.5
                ) / {{ var('overlay_steps_per_unit') }}
        end::double as credit_overlay,
        case
            when term_structure = 'backwardation'
                then {{ var('throttle_in_backwardation') }}
            else 1.0
        end::double as vix_throttle,
        available_at,
        decided_at
    from joined
)

select * from final
