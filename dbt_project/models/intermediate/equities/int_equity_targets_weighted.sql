-- Position mode holds until its exit; event mode takes the same entries for one session
-- each. A frozen session carries the decision in force.
with

positions as (
    select * from {{ ref('int_equity_positions') }}
),

variants as (
    select * from {{ ref('equity_variants') }}
),

weights as (
    select * from {{ ref('int_equity_weights_measured') }}
),

wanted as (
    select
        variants.variant,
        variants.is_default,
        positions.symbol,
        positions.session_date,
        positions.is_member,
        positions.is_decided,
        positions.is_ended,
        positions.exit_reason,
        positions.entry_session_date,
        positions.entry_close_usd,
        case
            when positions.is_ended or not positions.is_held then 0
            when variants.mode = 'position' then 1
            when positions.entry_session_date = positions.decision_session_date then 1
            else 0
        end as signal,
        -- a day without members has no weight
        coalesce(
            signal / weights.member_count
            * if(variants.has_credit_overlay, weights.credit_overlay, 1.0)
            * if(variants.has_vix_throttle, weights.vix_throttle, 1.0), 0.0
        ) as target_weight,
        greatest(positions.inputs_available_at, weights.available_at)
            as inputs_available_at,
        positions.effective_session,
        positions.decided_at
    from positions
    inner join variants
        on positions.style = variants.style
    left join weights
        on positions.decision_session_date = weights.session_date
),

compared as (
    select
        *,
        lag(signal, 1, 0) over lanes as previous_signal,
        lag(target_weight, 1, 0.0) over lanes as previous_target,
        coalesce(bool_or(is_member) over before, false) as was_member
    from wanted
    window
        lanes as (partition by variant, symbol order by session_date),
        before as (lanes rows between unbounded preceding and 1 preceding)
),

-- the default variant keeps every row, others the first and every change
final as (
    select
        * exclude (is_member, was_member, previous_signal, previous_target),
        {{ signal_event('signal', 'previous_signal') }} as event
    from compared
    where
        (is_member or signal <> 0 or previous_signal <> 0)
        and (is_default or target_weight <> previous_target or not was_member)
)

select * from final
