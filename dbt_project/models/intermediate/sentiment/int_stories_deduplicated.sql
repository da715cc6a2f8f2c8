with

stories as (
    select
        *,
        lower(trim(regexp_replace(headline, '\s+', ' ', 'g'))) as normalized_headline
    from {{ ref('int_stories_dated') }}
),

scores as (
    select * from {{ ref('stg_mqp__headline_scores') }}
    where method = '{{ var('headline_method') }}'
),

deduplicated as (
    select *
    from stories
    qualify
        row_number() over (
            partition by symbol, session_date, normalized_headline
            order by published_at, provider_rank, story_id
        ) = 1
),

final as (
    select
        deduplicated.symbol,
        deduplicated.session_date,
        deduplicated.normalized_headline,
        deduplicated.provider,
        deduplicated.story_id,
        deduplicated.published_at,
        scores.sentiment_score,
        deduplicated.available_at
    from deduplicated
    left join scores
        on deduplicated.headline_hash = scores.headline_hash
)

select * from final
