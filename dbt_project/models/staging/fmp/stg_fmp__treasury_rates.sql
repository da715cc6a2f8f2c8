with

source as (
    {{ as_of('fmp__treasury_rates', symbol='maturity', day='observed_date') }}
),

renamed as (
    select
        -- ids
        maturity,

        -- numerics
        {{ finite('value') }} as rate_pct,

        -- dates
        observed_date,

        -- provenance
        available_at,
        fetched_at,
        ledger_version,
        response_hash
    from source
)

select * from renamed
