-- Texts stand inside the `case`: each row is spelled only what it says.
{% set measures -%}
    printf(
        'close %.2f, sma20 %.2f, sma50 %.2f, rsi14 %.1f, sentiment %.3f',
        adjusted_close_usd, sma_20_usd, sma_50_usd, rsi_14, sentiment_3d
    )
{%- endset %}
{% set entry = "entry_session_date::varchar || printf(' at %.2f', entry_close_usd)" %}
{% set weighting -%}
    printf(
        '; weight 1/%d, overlay %.2f, throttle %.1f',
        member_count, credit_overlay, vix_throttle
    )
{%- endset %}

with

targets as (
    select * from {{ ref('int_equity_targets_weighted') }}
),

inputs as (
    select
        * exclude (
            segment, is_decided, is_ended, is_member, effective_session, decided_at
        )
    from {{ ref('int_equity_inputs_joined') }}
),

rules as (
    select * exclude (style, is_default)
    from {{ ref('equity_variants') }}
    inner join {{ ref('equity_styles') }} using (style)
),

weights as (
    select * exclude (decided_at) from {{ ref('int_equity_weights_measured') }}
),

joined as (
    select *
    from targets
    inner join inputs using (symbol, session_date)
    inner join rules using (variant)
    left join weights using (session_date)
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
            when event = 'exit' and mode = 'event' then 'event_over: entered ' || {{ entry }}
            when event = 'exit'
                then
                    exit_reason || ': ' || {{ measures }} || '; entered ' || {{ entry }}
                    || case exit_reason
                        when 'stop' then printf(' (stop at %.2f of it)', stop_fraction)
                        when 'sentiment' then printf(' (at most %.3f)', exit_sentiment)
                        when 'rsi' then printf(' (above %.1f)', rsi_high)
                        else ''
                    end
            when event = 'enter' then 'enter: ' || {{ measures }} || {{ weighting }}
            when signal = 1 then 'hold: entered ' || {{ entry }} || {{ weighting }}
            else 'flat: ' || {{ measures }}
        end as reason,
        inputs_available_at,
        decided_at,
        effective_session
    from joined
)

select * from final
