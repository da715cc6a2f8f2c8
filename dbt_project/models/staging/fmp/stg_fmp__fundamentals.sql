with

source as (
    {{ as_of(
        'fmp__fundamentals',
        symbol='symbol',
        day='period_end_date',
        key=['statement', 'fiscal_period', 'metric']
    ) }}
),

renamed as (
    select
        -- ids
        symbol,

        -- text
        statement,
        fiscal_period,
        metric,
        currency,

        -- numerics
        {{ finite('value') }} as value_in_unit,

        -- dates
        period_end_date,

        -- timestamps
        accepted_at,

        -- provenance
        available_at,
        fetched_at,
        ledger_version,
        response_hash
    from source
)

select * from renamed
