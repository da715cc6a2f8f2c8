with

source as (
    {{ as_of('fred__observations', symbol='series_id', day='observed_date') }}
),

renamed as (
    select
        -- ids
        series_id,

        -- text
        source_endpoint,

        -- numerics
        value as value_in_unit,

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
