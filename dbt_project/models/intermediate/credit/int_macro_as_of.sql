with

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

bills as (
    select * from {{ ref('int_bills_joined_as_of') }}
),

oas as (
    select * from {{ ref('int_oas_joined_as_of') }}
),

final as (
    select
        sessions.session_date,
        bills.bill_3m_pct,
        bills.provider as bill_provider,
        bills.observed_date as bill_observed_date,
        oas.hy_oas_pct,
        oas.ig_oas_pct,
        oas.observed_date as oas_observed_date,
        sessions.decided_at,
        greatest(bills.available_at, oas.available_at) as available_at
    from sessions
    left join bills
        on sessions.session_date = bills.session_date
    left join oas
        on sessions.session_date = oas.session_date
    where coalesce(bills.available_at, oas.available_at) is not null
)

select * from final
