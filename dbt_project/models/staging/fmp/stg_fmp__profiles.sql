{% set fetch_day = "(fetched_at at time zone 'America/New_York')::date" %}

with

source as (
    {{ as_of('fmp__profiles', symbol='symbol', day=fetch_day) }}
),

renamed as (
    select
        -- ids
        symbol,

        -- text
        name,
        sector,
        industry,
        country,

        -- booleans
        is_etf,

        -- provenance
        available_at,
        fetched_at,
        ledger_version,
        response_hash
    from source
)

select * from renamed
