with

source as (
    {{ as_of(
        'finnhub__fundamentals',
        symbol='symbol',
        day='period_end_date',
        key=['fiscal_period', 'metric']
    ) }}
),

renamed as (
    select
        -- ids
        symbol,

        -- text
        fiscal_period,
        metric,

        -- numerics
        {{ finite('value') }} as value_in_unit,

        -- dates
        period_end_date,

        -- provenance
        available_at,
        fetched_at,
        ledger_version,
        response_hash
    from source
)

select * from renamed
