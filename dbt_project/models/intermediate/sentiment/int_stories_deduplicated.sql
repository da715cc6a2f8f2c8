with

stories as (
    select
        *,
        lower(trim(regexp_replace(headline, '\s+', ' ', 'g'))) as normalized_headline,
        -- a bare home page is no address of a story
        coalesce(
            regexp_extract(url, '^https?://(?:www\.)?([^/]+/.+?)/?$', 1), ''
        ) as address
    from {{ ref('int_stories_dated') }}
),

scores as (
    select * from {{ ref('stg_mqp__headline_scores') }}
    where method = '{{ var('headline_method') }}'
),

-- FMP tells a story a day later than the others: what they had told then counts once
new_stories as (
    select *
    from stories
    where
        provider <> 'fmp'
        or not exists (
            select 1
            from stories as told
            where
                told.provider <> 'fmp'
                and told.symbol = stories.symbol
                and told.normalized_headline = stories.normalized_headline
                and told.session_date <= stories.session_date
                and told.published_at
                >= stories.published_at
                - interval '{{ var('fmp_news_lag_hours') }} hours'
        )
),

same_words_once as (
    select *
    from new_stories
    qualify
        row_number() over (
            partition by symbol, session_date, normalized_headline
            order by published_at, provider_rank, story_id
        ) = 1
),

-- the same page under another headline is the same story, reworded
same_page_once as (
    select *
    from same_words_once
    qualify
        address = ''
        or row_number() over (
            partition by symbol, session_date, address
            order by published_at, provider_rank, story_id
        ) = 1
),

final as (
    select
        stories.symbol,
        stories.session_date,
        stories.normalized_headline,
        stories.provider,
        stories.story_id,
        stories.published_at,
        scores.sentiment_score,
        stories.available_at
    from same_page_once as stories
    left join scores
        on stories.headline_hash = scores.headline_hash
)

select * from final
