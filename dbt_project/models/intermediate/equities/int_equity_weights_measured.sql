with

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

members as (
    select * from {{ ref('stg_config__universe_members') }}
),

spreads as (
    select * from {{ ref('int_spreads_joined_as_of') }}
),

term_structure as (
    select * from {{ ref('int_term_structure_measured') }}
),

counted as (
    select
        sessions.session_date,
        sessions.decided_at,
        count(distinct members.symbol) as member_count
    from sessions
    inner join members
        on sessions.session_date between members.from_date and members.to_date
    group by sessions.session_date, sessions.decided_at
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
                    {{ var('overlay_steps_per_unit') }}
                    * least(
                        greatest(raw_overlay, {{ var('overlay_floor') }}),
                        {{ var('overlay_cap') }}
                    )
                    + 0.5
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
