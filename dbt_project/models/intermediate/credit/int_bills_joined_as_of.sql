-- The bill rate as each session's decision knew it: newest observation, in its newest
-- version. FMP's Treasury curve stands in for dates of which FRED has said nothing yet.
with

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

bills as (
    select
        *,
        {{ superseded_at('provider, observed_date', 'ledger_version') }}
            as superseded_at
    from {{ ref('int_bills_gathered') }}
),

-- a late revision of an old date is not the newest observation
newest_dates as (
    select
        available_at,
        max(observed_date) over (
            order by available_at, observed_date
            rows between unbounded preceding and current row
        ) as observed_date
    from bills
    qualify
        row_number() over (
            partition by available_at
            order by observed_date desc
        ) = 1
),

dated as (
    select
        sessions.session_date,
        sessions.decided_at,
        newest_dates.observed_date
    from sessions
    asof join newest_dates
        on sessions.decided_at >= newest_dates.available_at
),

final as (
    select
        dated.session_date,
        bills.bill_3m_pct,
        bills.provider,
        dated.observed_date,
        bills.available_at,
        dated.decided_at
    from dated
    inner join bills
        on
            dated.observed_date = bills.observed_date
            and dated.decided_at >= bills.available_at
            and dated.decided_at < bills.superseded_at
    qualify
        row_number() over (
            partition by dated.session_date
            order by bills.provider_rank
        ) = 1
)

select * from final
