{% set lane = 'variant, symbol, segment' %}

with

targets as (
    select * from {{ ref('int_volatility_targets_weighted') }}
),

carried as (
    select
        * replace (
            {{ carried('inputs_available_at', lane) }} as inputs_available_at
        ),
        coalesce({{ carried('wanted_signal', lane) }}, 0) as signal,
        coalesce({{ carried('wanted_signal * full_weight', lane) }}, 0.0)
            as target_weight,
        case
            when vix_vix3m_ratio is null then 'no VIX or VIX3M close'
            else printf('vix/vix3m %.3f, vix %.2f', vix_vix3m_ratio, vix)
        end as measures,
        printf(
            ' (contango <= %.2f with vix <= %.0f, backwardation >= %.2f)',
            contango_max_ratio,
            vix_cap,
            backwardation_min_ratio
        ) as thresholds
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
        'volatility' as strategy,
        variant,
        symbol,
        session_date,
        signal,
        {{ signal_event('signal', 'previous_signal') }} as event,
        target_weight,
        case
            when not is_decided then {{ frozen_reason("previous_signal <> 0") }}
            when not is_valid
                then 'not_tradable: no instrument on ' || effective_session::varchar
            when signal = previous_signal
                then if(signal = 0, 'flat: ', 'hold: ') || measures
            else if(signal = 0, 'term_structure: ', 'enter: ') || measures || thresholds
        end as reason,
        inputs_available_at,
        decided_at,
        effective_session
    from compared
    qualify {{ is_stored('target_weight', 'previous_target') }}
)

select * from final
