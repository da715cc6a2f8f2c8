-- An exit ends something; an entry begins from flat or turns a position round.
{{ config(meta={'dagster': {'ref': {'name': 'fct_signals'}}}) }}

with

events as (
    select
        *,
        lag(event) over lanes as previous_event,
        lag(signal) over lanes as previous_signal
    from {{ ref('fct_signals') }}
    where event is not null
    window lanes as (partition by strategy, variant, symbol order by session_date)
)

select *
from events
where
    (event = 'exit' and coalesce(previous_event, 'exit') = 'exit')
    or (event = 'enter' and previous_event = 'enter' and signal = previous_signal)
    or (event = 'enter' and signal = 0)
    or (event = 'exit' and signal <> 0)
