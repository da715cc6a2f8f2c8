with

prices as (
    select * from {{ ref('int_prices_reconciled') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

quarantined as (
    select * from {{ ref('int_sessions_quarantined') }}
),

symbols as (
    select
        symbol,
        min(session_number) as first_session_number
    from prices
    group by symbol
),

final as (
    select
        symbols.symbol,
        sessions.session_date,
        sessions.session_number,
        sessions.next_session_date as effective_session,
        sessions.decided_at,
        prices.available_at as bar_available_at,
        quarantined.freeze_reason as quarantine_reason,
        max(prices.session_number) over so_far as last_bar_number,
        max(prices.session_date) over so_far as last_bar_date
    from symbols
    inner join sessions
        on symbols.first_session_number <= sessions.session_number
    left join prices
        on
            symbols.symbol = prices.symbol
            and sessions.session_date = prices.session_date
    left join quarantined
        on
            symbols.symbol = quarantined.symbol
            and sessions.session_date = quarantined.session_date
    window so_far as (
        partition by symbols.symbol
        order by sessions.session_number
        rows between unbounded preceding and current row
    )
)

select * from final
