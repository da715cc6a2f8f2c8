with

source as not materialized (
    {{ as_of(
        'polygon__dividends',
        symbol='symbol',
        day='ex_dividend_date',
        key=['dividend_id']
    ) }}
),

newest as (
    {{ newest_versions('source', ['symbol', 'ex_dividend_date', 'dividend_id']) }}
),

renamed as (
    select
        -- ids
        symbol,
        dividend_id,

        -- text
        coalesce(currency, 'USD') as currency,
        distribution_type,

        -- numerics
        cash_amount as dividend_per_share,

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
