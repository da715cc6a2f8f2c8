-- Nothing may be available after the build's own moment, in any model that says when it
-- was.
{{ config(meta={'dagster': {'ref': {'name': 'fct_signals'}}}) }}

{% set dated = [
    'fct_prices', 'fct_sentiment', 'fct_spreads', 'fct_term_structure', 'fct_equity_features',
    'fct_intraday_signals', 'fct_provider_disagreements', 'int_macro_as_of',
    'int_fundamentals_known', 'int_fundamentals_joined_as_of', 'stg_fred__observations',
    'stg_quality__quarantine'
] %}

with

now_is as (
    select max(decided_at) as as_of_at
    from {{ ref('stg_exchange__sessions') }}
)

{% for model in dated %}
    select
        '{{ model }}' as model,
        available_at
    from {{ ref(model) }}
    where available_at > (select now_is.as_of_at from now_is)
    union all
{% endfor %}
select
    'fct_signals' as model,
    decided_at
from {{ ref('fct_signals') }}
where decided_at > (select now_is.as_of_at from now_is)
