-- The newest input of every decision was available when it was taken, and it is filled
-- later.
{{ config(meta={'dagster': {'ref': {'name': 'fct_signals'}}}) }}

select *
from {{ ref('fct_signals') }}
where
    inputs_available_at > decided_at
    or effective_session <= session_date
