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
    The mean of the trailing values of the window `bars`, null until it is full. They are looked
    up one by one and added up in order: DuckDB's own float windows add up in an order that
    depends on threads and on the other symbols.
#}
{% macro trailing_mean(value, rows) -%}
    (
        {%- for back in range(rows | int - 1, -1, -1) %}
            lag({{ value }}, {{ back }}) over bars {{- ' +' if back }}
        {%- endfor %}
    ) / {{ rows }}
{%- endmacro %}


{#
    Their sample deviation (that of the population with `ddof` 0), null until the window is full:
    from the distances to the newest of them, which is one of the sample, so that no more than a
    factor of `rows` cancels out.
#}
{% macro trailing_deviation(value, rows, ddof=1) -%}
    {%- set distances = [] -%}
    {%- for back in range(rows | int - 1, 0, -1) -%}
        {%- do distances.append('(lag(' ~ value ~ ', ' ~ back ~ ') over bars - ' ~ value ~ ')') -%}
    {%- endfor -%}
    sqrt(
        (
            {%- for distance in distances %}
                {{ distance }} * {{ distance }} {{- ' +' if not loop.last }}
            {%- endfor %}
            - pow({{ distances | join(' + ') }}, 2) / {{ rows }}
        ) / ({{ rows }} - {{ ddof }})
    )
{%- endmacro %}


{#
    The sum of the trailing values of the window `bars`, each counting `fade` times as much as the
    one after it; what is before the first row is 0. `within`: how many rows back to go at most.
#}
{% macro faded_sum(value, fade, terms, within=none) -%}
    (
        {%- for back in range(terms | int - 1, -1, -1) %}
            {%- set term = fade ** back ~ ' * lag(' ~ value ~ ', ' ~ back ~ ', 0.0) over bars' %}
            {{ 'if(' ~ within ~ ' >= ' ~ back ~ ', ' ~ term ~ ', 0.0)' if within else term }}
            {{- ' +' if back }}
        {%- endfor %}
    )
{%- endmacro %}
