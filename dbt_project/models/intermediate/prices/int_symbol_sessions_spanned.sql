-- With a usable bar a symbol decides. Without one it is frozen for a few sessions
-- (counted by what was known then, never "because it comes back"), quarantined as long
-- as need be.
with

spanned as (
    select * from {{ ref('int_symbol_bars_spanned') }}
),

classified as (
    select
        *,
        coalesce(
            quarantine_reason,
            case
                when bar_available_at is null
                    then 'no_bar: the last bar is of ' || last_bar_date::varchar
            end
        ) as freeze_reason,
        lag(session_number) over lanes as previous_session_number
    from spanned
    where
        quarantine_reason is not null
        or session_number - last_bar_number <= {{ var('frozen_max_sessions') }}
    window lanes as (partition by symbol order by session_number)
),

-- a new segment begins after sessions without any row: what was held is gone by then
final as (
    select
        symbol,
        session_date,
        session_number,
        (
            count(*) filter (where session_number - previous_session_number > 1)
                over so_far
        )::integer as segment,
        freeze_reason is null as is_decided,
        freeze_reason,
        bar_available_at,
        effective_session,
        decided_at
    from classified
    window so_far as (
        partition by symbol
        order by session_number
        rows between unbounded preceding and current row
    )
)

select * from final
