with

source as not materialized (
    {{ as_of('finnhub__dividends', symbol='symbol', day='ex_dividend_date') }}
),

newest as (
    {{ newest_versions('source', ['symbol', 'ex_dividend_date']) }}
),

renamed as (
    select
        -- ids
        symbol,

        -- text
        coalesce(currency, 'USD') as currency,

        -- numerics
        amount as dividend_per_share,

        -- dates
        ex_dividend_date as effective_date,

        -- provenance
        available_at,
        fetched_at,
        ledger_version,
        response_hash
    from newest
)

select * from renamed
