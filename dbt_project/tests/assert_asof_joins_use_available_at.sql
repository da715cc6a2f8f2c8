-- Every as-of join of the project, also in models added later, joins on available_at.
-- depends on {{ ref('fct_signals') }}
{{ config(meta={'dagster': {'ref': {'name': 'fct_signals'}}}) }}

{% set offenders = ['none'] %}
{% for node in graph.get('nodes', {}).values() if node.resource_type == 'model' %}
    {% for joined in node.raw_code.lower().split('asof ')[1:] %}
        {% if 'available_at' not in joined[:400] %}
            {% do offenders.append(node.name) %}
        {% endif %}
    {% endfor %}
{% endfor %}

with

found as (
    select unnest(string_split('{{ offenders | join(',') }}', ',')) as model
)

select * from found
where model <> 'none'
