with

fmp_figures as (
    select * from {{ ref('stg_fmp__fundamentals') }}
    where
        statement = 'key_metrics'
        and fiscal_period = 'FY'
        and metric in ('earningsYield', 'returnOnEquity')
),

finnhub_figures as (
    select * from {{ ref('stg_finnhub__fundamentals') }}
    where
        fiscal_period = 'snapshot'
        and metric in ('peTTM', 'roeTTM')
),

final as (
    select
        1 as provider_rank,
        'fmp' as provider,
        symbol,
        case metric
            when 'earningsYield' then 'earnings_yield' else 'return_on_equity'
        end as metric,
        value_in_unit as value_fraction,
        period_end_date,
        ledger_version,
        available_at
    from fmp_figures
    union all by name
    select
        2 as provider_rank,
        'finnhub' as provider,
        symbol,
        case metric
            when 'peTTM' then 'earnings_yield' else 'return_on_equity'
        end as metric,
        case
            when metric = 'roeTTM' then value_in_unit / 100
            -- a loss has no price-earnings ratio, whatever a vendor writes there
            when value_in_unit > 0 then 1 / value_in_unit
        end as value_fraction,
        period_end_date,
        ledger_version,
        available_at
    from finnhub_figures
)

select * from final
