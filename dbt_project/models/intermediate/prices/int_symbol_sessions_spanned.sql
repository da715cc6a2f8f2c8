-- With a usable bar a symbol decides. Without one it is frozen for a few sessions
-- (counted by what was known then, never "because it comes back"), quarantined as long
-- as need be. The last of those few sessions ends what is held: nobody knows then
-- whether another bar comes.
with

spanned as (
    select
        *,
        session_number - last_bar_number as age_sessions,
        lag(quarantine_reason) over lanes is not null as was_quarantined
    from {{ ref('int_symbol_bars_spanned') }}
    window lanes as (partition by symbol order by session_number)
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
        quarantine_reason is null
        and age_sessions >= {{ var('frozen_max_sessions') }} as is_ended
    from spanned
    where
        quarantine_reason is not null
        or age_sessions <= {{ var('frozen_max_sessions') }}
        -- a quarantine that outlasted them: its end is known the session after
        or was_quarantined
),

-- a new segment begins after an end: what was held is gone by then
final as (
    select
        symbol,
        session_date,
        session_number,
        (count(*) filter (where is_ended) over before)::integer as segment,
        freeze_reason is null as is_decided,
        is_ended,
        freeze_reason,
        bar_available_at,
        effective_session,
        decided_at
    from classified
    window before as (
        partition by symbol
        order by session_number
        rows between unbounded preceding and 1 preceding
    )
)

select * from final
