with

source as (
    {{ as_of(
        'polygon__news_sentiment',
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

        -- text
        sentiment as tone,

        -- numerics
        case sentiment
            when 'positive' then 1
            when 'neutral' then 0
            when 'negative' then -1
        end as tone_score,

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
