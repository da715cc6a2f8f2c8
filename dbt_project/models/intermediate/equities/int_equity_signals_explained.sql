with

targets as (
    select * from {{ ref('int_equity_targets_weighted') }}
),

inputs as (
    select * from {{ ref('int_equity_inputs_joined') }}
),

variants as (
    select * from {{ ref('equity_variants') }}
),

styles as (
    select * from {{ ref('equity_styles') }}
),

weights as (
    select * from {{ ref('int_equity_weights_measured') }}
),

joined as (
    select
        targets.*,
        inputs.freeze_reason,
        inputs.adjusted_close_usd,
        inputs.sma_20_usd,
        inputs.sma_50_usd,
        inputs.rsi_14,
        inputs.sentiment_3d,
        variants.mode,
        styles.stop_fraction,
        styles.exit_sentiment,
        styles.rsi_high,
        weights.member_count,
        weights.credit_overlay,
        weights.vix_throttle
    from targets
    inner join inputs
        on
            targets.symbol = inputs.symbol
            and targets.session_date = inputs.session_date
    inner join variants on targets.variant = variants.variant
    inner join styles on variants.style = styles.style
    left join weights on targets.session_date = weights.session_date
),

final as (
    select
        'equities' as strategy,
        variant,
        symbol,
        session_date,
        signal,
        event,
        target_weight,
        case
            when not is_decided then {{ frozen_reason("event = 'exit'") }}
            when event = 'exit' and mode = 'event'
                then 'event_over: ' || {{ equity_entry() }}
            when event = 'exit'
                then
                    exit_reason || ': ' || {{ equity_measures() }}
                    || '; ' || {{ equity_entry() }} || {{ equity_threshold() }}
            when event = 'enter'
                then 'enter: ' || {{ equity_measures() }} || {{ equity_weighting() }}
            when signal = 1
                then 'hold: ' || {{ equity_entry() }} || {{ equity_weighting() }}
            else 'flat: ' || {{ equity_measures() }}
        end as reason,
        inputs_available_at,
        decided_at,
        effective_session
    from joined
)

select * from final
