{# What a decision does: enters (also by reversal), exits, or nothing. #}
{% macro signal_event(signal, previous_signal) -%}
    case
        when not (is_decided or is_ended) or {{ signal }} = {{ previous_signal }} then null
        when {{ signal }} = 0 then 'exit'
        else 'enter'
    end
{%- endmacro %}


{# Why nothing was decided; what was held when the bars stopped coming is gone. #}
{% macro frozen_reason(was_held) -%}
    case
        when is_ended and {{ was_held }}
            then 'not_tradable: ' || regexp_replace(freeze_reason, '^no_bar: ', '')
        else freeze_reason
    end
{%- endmacro %}


{# The newest value so far in a lane: how a frozen session carries a decision. #}
{% macro carried(value, lane) -%}
    last_value({{ value }} ignore nulls) over (
        partition by {{ lane }}
        order by session_date
        rows between unbounded preceding and current row
    )
{%- endmacro %}


{# The default variant keeps every row, others the first and every change. #}
{% macro is_stored(target, previous_target) -%}
    is_default
    or {{ target }} <> {{ previous_target }}
    or row_number() over (partition by variant, symbol order by session_date) = 1
{%- endmacro %}
