with

fred_observations as (
    select * from {{ ref('stg_fred__observations') }}
    where series_id = '{{ var('bill_series') }}'
),

fmp_rates as (
    select * from {{ ref('stg_fmp__treasury_rates') }}
    where maturity = '{{ var('bill_maturity') }}'
),

final as (
    select
        1 as provider_rank,
        'fred' as provider,
        observed_date,
        value_in_unit as bill_3m_pct,
        available_at,
        ledger_version
    from fred_observations
    union all by name
    select
        2 as provider_rank,
        'fmp' as provider,
        observed_date,
        rate_pct as bill_3m_pct,
        available_at,
        ledger_version
    from fmp_rates
    where rate_pct is not null
)

select * from final
