with

finnhub_stories as (
    select * from {{ ref('stg_finnhub__company_news') }}
),

polygon_stories as (
    select * from {{ ref('stg_polygon__news') }}
),

fmp_stories as (
    select * from {{ ref('stg_fmp__news') }}
),

sessions as (
    select
        *,
        lag(news_cutoff_at) over (order by session_number) as previous_cutoff_at
    from {{ ref('stg_exchange__sessions') }}
),

stories as (
    select
        1 as provider_rank,
        'finnhub' as provider,
        published_at as counted_at,
        *
    from finnhub_stories
    union all by name
    select
        2 as provider_rank,
        'polygon' as provider,
        published_at as counted_at,
        *
    from polygon_stories
    union all by name
    select
        3 as provider_rank,
        'fmp' as provider,
        *
    from fmp_stories
),

-- news after 16:00 New York counts for the next session, in the words known by its cut-
-- off; FMP's stamps name no zone, so its stories count where they are surely known
final as (
    select
        stories.symbol,
        sessions.session_date,
        stories.provider_rank,
        stories.provider,
        stories.story_id,
        stories.headline,
        stories.headline_hash,
        stories.url,
        stories.published_at,
        stories.available_at
    from stories
    inner join sessions
        on
            stories.counted_at > sessions.previous_cutoff_at
            and stories.counted_at <= sessions.news_cutoff_at
    where stories.available_at <= sessions.news_cutoff_at
    qualify
        row_number() over (
            partition by
                stories.provider,
                stories.story_id,
                stories.symbol,
                sessions.session_date
            order by stories.ledger_version desc
        ) = 1
)

select * from final
