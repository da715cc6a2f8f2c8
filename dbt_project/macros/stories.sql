{#
    What a score is of: the words of one version of a story. The same expression names the rows of
    raw.mqp__headline_scores.
#}
{% macro text_hash() -%}
    md5(concat_ws(chr(31), headline, nullif(trim(summary), '')))
{%- endmacro %}
