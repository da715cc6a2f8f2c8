with

source as (
    {{ as_of(
        'finnhub__news_sentiment',
        symbol='symbol',
        day='observed_date'
    ) }}
),

renamed as (
    select
        -- ids
        symbol,

        -- numerics
        company_news_score,
        bullish_fraction,
        bearish_fraction,
        buzz_ratio,

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
