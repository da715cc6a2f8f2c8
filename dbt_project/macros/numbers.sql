{# A value as decisions compare it: rounded to 10 decimals, halves up. #}
{% macro decisive(value) -%}
    {%- set scale = '1e' ~ var('decision_decimals') -%}
    (floor(({{ value }}) * {{ scale }} + 0.5) / {{ scale }})
{%- endmacro %}


{# NaN and infinities are not values. #}
{% macro finite(value) -%}
    case when isfinite({{ value }}) then {{ value }} end
{%- endmacro %}


{#
    An aggregate over the trailing rows of a symbol, null until the window is full. The rows
    are collected in order and added up one after the other: DuckDB's own float windows add
    up in an order that depends on threads and on the other symbols.
#}
{% macro trailing(aggregate, value, rows, partition='symbol') -%}
    {%- set frame -%}
        over (
            {{ 'partition by ' ~ partition if partition }}
            order by session_date
            rows between {{ rows | int - 1 }} preceding and current row
        )
    {%- endset -%}
    case
        when count({{ value }}) {{ frame }} = {{ rows }}
            then list_aggregate(list({{ value }}) {{ frame }}, '{{ aggregate }}')
    end
{%- endmacro %}
