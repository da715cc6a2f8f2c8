with

targets as (
    select * from {{ ref('int_equity_targets_carried') }}
),

inputs as (
    select * from {{ ref('int_equity_inputs_joined') }}
),

styles as (
    select * from {{ ref('equity_styles') }}
),

weights as (
    select * from {{ ref('int_equity_weights_measured') }}
),

described as (
    select
        targets.*,
        inputs.freeze_reason,
        printf(
            'close %.2f, sma20 %.2f, sma50 %.2f, rsi14 %.1f, sentiment %.3f',
            inputs.adjusted_close_usd,
            inputs.sma_20_usd,
            inputs.sma_50_usd,
            inputs.rsi_14,
            inputs.sentiment_3d
        ) as measures,
        targets.entry_session_date::varchar
        || printf(' at %.2f', targets.entry_close_usd) as entry,
        case targets.exit_reason
            when 'stop' then printf(' (stop at %.2f of it)', styles.stop_fraction)
            when 'sentiment' then printf(' (at most %.3f)', styles.exit_sentiment)
            when 'rsi' then printf(' (above %.1f)', styles.rsi_high)
            else ''
        end as threshold,
        printf(
            'weight 1/%d, overlay %.2f, throttle %.1f',
            weights.member_count,
            weights.credit_overlay,
            weights.vix_throttle
        ) as weighting
    from targets
    inner join inputs
        on
            targets.symbol = inputs.symbol
            and targets.session_date = inputs.session_date
    inner join styles on targets.style = styles.style
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
            when event = 'exit' and mode = 'event' then 'event_over: entered ' || entry
            when event = 'exit'
                then
                    exit_reason || ': ' || measures || '; entered ' || entry
                    || threshold
            when event = 'enter' then 'enter: ' || measures || '; ' || weighting
            when signal = 1 then 'hold: entered ' || entry || '; ' || weighting
            else 'flat: ' || measures
        end as reason,
        inputs_available_at,
        decided_at,
        effective_session
    from described
)

select * from final
