with

source as not materialized (
    {{ as_of('finnhub__splits', symbol='symbol', day='execution_date') }}
),

newest as (
    {{ newest_versions('source', ['symbol', 'execution_date']) }}
),

renamed as (
    select
        -- ids
        symbol,

        -- numerics
        to_factor / from_factor as split_ratio,

        -- dates
        execution_date as effective_date,

        -- provenance
        available_at,
        fetched_at,
        ledger_version,
        response_hash
    from newest
)

select * from renamed
