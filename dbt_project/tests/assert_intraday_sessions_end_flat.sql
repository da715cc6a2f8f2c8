-- From the session's last bar nothing is wanted, and nothing is carried into a session:
-- its first row neither ends nor holds anything.
{{ config(meta={'dagster': {'ref': {'name': 'fct_intraday_signals'}}}) }}

with

rows_in_session as (
    select
        *,
        row_number() over bars as row_in_session,
        coalesce(lag(signal) over bars, 0) as previous_signal
    from {{ ref('fct_intraday_signals') }}
    window bars as (
        partition by variant, symbol, session_date
        order by bar_end_at
    )
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
)

select rows_in_session.*
from rows_in_session
inner join sessions
    on rows_in_session.session_date = sessions.session_date
where
    (
        rows_in_session.signal <> 0
        and rows_in_session.bar_end_at >= sessions.close_at
        - if(
            rows_in_session.bar_interval = '1h', interval 30 minute, interval 5 minute
        )
    )
    or rows_in_session.bar_end_at > sessions.close_at
    or (
        rows_in_session.event is not null
        and rows_in_session.signal = rows_in_session.previous_signal
    )
    or (
        rows_in_session.event is null
        and rows_in_session.signal <> rows_in_session.previous_signal
    )
    or (rows_in_session.event = 'exit' and rows_in_session.signal <> 0)
    or (rows_in_session.event = 'enter' and rows_in_session.signal = 0)
