-- Position mode holds until its exit; event mode takes the same entries for one session
-- each.
with

conditions as (
    select * from {{ ref('int_equity_conditions_tested') }}
),

positions as (
    select * from {{ ref('int_equity_positions') }}
),

variants as (
    select * from {{ ref('equity_variants') }}
),

weights as (
    select * from {{ ref('int_equity_weights_measured') }}
),

held as (
    select
        conditions.*,
        positions.exit_reason,
        positions.entry_session_date,
        positions.entry_close_usd,
        positions.is_held,
        positions.is_held and positions.entry_session_date = positions.session_date
            as is_entry
    from conditions
    inner join positions
        on
            conditions.style = positions.style
            and conditions.symbol = positions.symbol
            and conditions.session_date = positions.session_date
),

final as (
    select
        variants.variant,
        variants.style,
        variants.mode,
        variants.is_default,
        held.symbol,
        held.session_date,
        held.segment,
        held.is_member,
        held.is_decided,
        held.is_ended,
        held.exit_reason,
        held.entry_session_date,
        held.entry_close_usd,
        case
            when held.is_ended then 0
            when not held.is_decided then null
            when variants.mode = 'event' then held.is_entry
            else held.is_held
        end::integer as wanted_signal,
        1.0 / weights.member_count
        * case when variants.has_credit_overlay then weights.credit_overlay else 1.0 end
        * case when variants.has_vix_throttle then weights.vix_throttle else 1.0 end
            as full_weight,
        case
            when held.is_decided then greatest(held.available_at, weights.available_at)
        end as inputs_available_at,
        held.effective_session,
        held.decided_at
    from held
    inner join variants
        on held.style = variants.style
    left join weights
        on held.session_date = weights.session_date
)

select * from final
