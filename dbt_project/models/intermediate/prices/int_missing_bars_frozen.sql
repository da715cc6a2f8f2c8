-- Without a bar a symbol is frozen for a few sessions (counted by what was known then,
-- never "because it comes back"), quarantined as long as need be. The last of those few
-- sessions ends what is held: nobody knows then whether another bar comes.
with

prices as not materialized (
    select * from {{ ref('int_prices_reconciled') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

quarantined as (
    select * from {{ ref('int_sessions_quarantined') }}
),

-- most symbols have a bar of every session since their first
gapped as (
    select
        symbol,
        min(session_number) as first_session_number
    from prices
    group by symbol
    having
        count(*) <= (select max(sessions.session_number) from sessions)
        - min(session_number)
),

spanned as (
    select
        gapped.symbol,
        sessions.*,
        max(prices.session_date) over so_far as last_bar_date,
        sessions.session_number
        - max(prices.session_number) over so_far as age_sessions
    from gapped
    inner join sessions
        on gapped.first_session_number <= sessions.session_number
    left join prices
        on
            gapped.symbol = prices.symbol
            and sessions.session_date = prices.session_date
    window so_far as (
        partition by gapped.symbol
        order by sessions.session_number
        rows between unbounded preceding and current row
    )
),

final as (
    select
        spanned.symbol,
        spanned.session_date,
        coalesce(
            quarantined.freeze_reason,
            'no_bar: the last bar is of ' || spanned.last_bar_date::varchar
        ) as freeze_reason,
        quarantined.freeze_reason is null
        and spanned.age_sessions >= {{ var('frozen_max_sessions') }} as is_ended
    from spanned
    left join quarantined
        on
            spanned.symbol = quarantined.symbol
            and spanned.session_date = quarantined.session_date
    left join quarantined as quarantined_before
        on
            spanned.symbol = quarantined_before.symbol
            and spanned.previous_session_date = quarantined_before.session_date
    where
        spanned.age_sessions > 0
        and (
            quarantined.freeze_reason is not null
            or spanned.age_sessions <= {{ var('frozen_max_sessions') }}
            -- a quarantine that outlasted them: its end is known the session after
            or quarantined_before.freeze_reason is not null
        )
)

select * from final
