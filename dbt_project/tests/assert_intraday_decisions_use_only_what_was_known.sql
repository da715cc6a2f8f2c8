-- The newest input of every decision was available when it was taken, and it is filled
-- no sooner.
{{ config(meta={'dagster': {'ref': {'name': 'fct_intraday_signals'}}}) }}

select *
from {{ ref('fct_intraday_signals') }}
where
    inputs_available_at > decided_at
    or bar_end_at > decided_at
    or decided_at > effective_at
