{#
    From when on a row can be laid beside another provider's: its own moment, or the one at which
    a second provider had told the same thing. `fact`: the columns that name that thing.
#}
{% macro comparable_at(moment, fact) -%}
    greatest(
        {{ moment }},
        list_sort(list({{ moment }}) over (partition by {{ fact }}))[2]
    )
{%- endmacro %}
