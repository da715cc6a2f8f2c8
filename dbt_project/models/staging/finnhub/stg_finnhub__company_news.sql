with

source as (
    {{ as_of(
        'finnhub__company_news',
        symbol='symbol',
        day="(published_at at time zone 'America/New_York')::date",
        key=['story_id']
    ) }}
),

renamed as (
    select
        -- ids
        story_id,
        symbol,
        {{ text_hash() }} as headline_hash,

        -- text
        headline,
        summary,
        publisher,
        url,

        -- timestamps
        published_at,

        -- provenance
        available_at,
        fetched_at,
        ledger_version,
        response_hash
    from source
)

select * from renamed
