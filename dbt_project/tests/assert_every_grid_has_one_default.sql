-- Of each strategy's variants exactly one is the default.
{{ config(meta={'dagster': {'ref': {'name': 'fct_signals'}}}) }}

{% for strategy in ['equity', 'credit', 'volatility', 'intraday'] %}
    select
        '{{ strategy }}' as strategy,
        count(*) filter (where is_default) as default_count
    from {{ ref(strategy ~ '_variants') }}
    having count(*) filter (where is_default) <> 1
    {{ 'union all' if not loop.last }}
{% endfor %}
