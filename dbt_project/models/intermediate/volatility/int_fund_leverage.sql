-- Leverage per unit of each fund on a session, as the decision filled there could know
-- it.
with

facts as (
    select
        *,
        -- known when its New York day of announcement has ended
        (announced_date + interval 1 day) at time zone 'America/New_York'
            as available_at
    from {{ ref('fund_leverage') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

final as (
    select
        facts.symbol,
        sessions.next_session_date as session_date,
        facts.leverage,
        sessions.decided_at
    from sessions
    inner join facts
        on
            sessions.next_session_date >= facts.from_date
            and sessions.decided_at >= facts.available_at
    qualify
        row_number() over (
            partition by facts.symbol, sessions.next_session_date
            order by facts.from_date desc
        ) = 1
)

select * from final
