with

positions as (
    select * from {{ ref('int_credit_positions_explained') }}
),

legs as (
    select
        '{{ var('high_yield_fund') }}' as symbol,
        1 as leg_sign
    union all by name
    select
        '{{ var('investment_grade_fund') }}' as symbol,
        -1 as leg_sign
),

signed as (
    select
        positions.*,
        legs.symbol,
        positions.position * legs.leg_sign as signal,
        positions.previous_position * legs.leg_sign as previous_signal
    from positions
    cross join legs
),

final as (
    select
        'credit' as strategy,
        variant,
        symbol,
        session_date,
        signal,
        {{ signal_event('signal', 'previous_signal') }} as event,
        {{ var('credit_leg_weight') }}::double * signal as target_weight,
        reason,
        inputs_available_at,
        decided_at,
        effective_session
    from signed
    qualify {{ is_stored('signal', 'previous_signal') }}
)

select * from final
