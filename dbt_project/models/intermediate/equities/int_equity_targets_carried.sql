-- Frozen sessions carry the last decision over; then what changed from the row before.
{% set lane = 'variant, symbol, segment' %}

with

targets as (
    select
        *,
        -- a day without members has no weight
        wanted_signal * coalesce(full_weight, 0.0) as wanted_target
    from {{ ref('int_equity_targets_weighted') }}
),

carried as (
    select
        variant,
        style,
        mode,
        is_default,
        symbol,
        session_date,
        segment,
        is_member,
        is_decided,
        is_ended,
        exit_reason,
        entry_session_date,
        entry_close_usd,
        coalesce({{ carried('wanted_signal', lane) }}, 0) as signal,
        coalesce({{ carried('wanted_target', lane) }}, 0.0) as target_weight,
        {{ carried('inputs_available_at', lane) }} as inputs_available_at,
        effective_session,
        decided_at
    from targets
),

compared as (
    select
        *,
        coalesce(lag(signal) over lanes, 0) as previous_signal,
        coalesce(lag(target_weight) over lanes, 0.0) as previous_target
    from carried
    window lanes as (partition by {{ lane }} order by session_date)
),

final as (
    select
        * exclude (is_member, segment, previous_signal, previous_target),
        {{ signal_event('signal', 'previous_signal') }} as event
    from compared
    where is_member or signal <> 0 or previous_signal <> 0
    qualify {{ is_stored('target_weight', 'previous_target') }}
)

select * from final
