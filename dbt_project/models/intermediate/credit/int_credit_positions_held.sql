-- Gaps and islands instead of a walk: z above and below zero never overlap, so a run of
-- one side is held from its first entry to its end. Frozen sessions are no part of a
-- run.
{% set lane = 'variant, segment' %}

with

-- the strategy begins where one variant has all its inputs
begun as (
    select *
    from {{ ref('int_credit_conditions_tested') }}
    qualify
        session_date >= min(session_date) filter (
            where is_decided
            and side is not null
            and (hy_oas_percentile is not null or not is_gated)
        ) over ()
),

sided as (
    select
        *,
        coalesce(side, 0) <> coalesce(lag(side) over lanes, 0) as is_new_run
    from begun
    where is_decided
    window lanes as (partition by {{ lane }} order by session_date)
),

runs as (
    select
        *,
        count(*) filter (where is_new_run) over (
            partition by {{ lane }}
            order by session_date
            rows between unbounded preceding and current row
        ) as run_number
    from sided
),

positions as (
    select
        variant,
        session_date,
        coalesce(side, 0) * max(is_entry::integer) over (
            partition by {{ lane }}, run_number
            order by session_date
            rows between unbounded preceding and current row
        ) as decided_position
    from runs
),

joined as (
    select
        begun.*,
        if(begun.is_ended, 0, positions.decided_position) as decided_position
    from begun
    left join positions
        on
            begun.variant = positions.variant
            and begun.session_date = positions.session_date
),

carried as (
    select
        * exclude (decided_position) replace (
            {{ carried('inputs_available_at', lane) }} as inputs_available_at
        ),
        coalesce({{ carried('decided_position', lane) }}, 0) as position
    from joined
),

final as (
    select
        *,
        coalesce(lag(position) over lanes, 0) as previous_position
    from carried
    window lanes as (partition by {{ lane }} order by session_date)
)

select * from final
