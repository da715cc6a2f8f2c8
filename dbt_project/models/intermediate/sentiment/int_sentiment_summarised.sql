{% set window = var('sentiment_sessions') | int %}

with

stories as (
    select * from {{ ref('int_stories_deduplicated') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

scored as (
    select
        symbol,
        session_date,
        -- as decimals: float sums depend on their order
        sum(sentiment_score::decimal(38, 18))::double
        / count(sentiment_score) as sentiment_score,
        count(*) as article_count
    from stories
    group by symbol, session_date
),

-- a session's score counts on it and on those just after it
counted as (
    select
        scored.symbol,
        scored.sentiment_score,
        scored.article_count,
        unnest(range({{ window }})) as sessions_ago,
        sessions.session_number + sessions_ago as session_number
    from scored
    inner join sessions
        on scored.session_date = sessions.session_date
),

summed as (
    select
        symbol,
        session_number,
        max(sentiment_score) filter (where sessions_ago = 0) as sentiment_score,
        coalesce(max(article_count) filter (where sessions_ago = 0), 0)
            as article_count,
        (
            {%- for ago in range(window - 1, -1, -1) %}
                coalesce(
                    max(sentiment_score) filter (where sessions_ago = {{ ago }}), 0.0
                ) {{- ' +' if ago }}
            {%- endfor %}
        ) / {{ window }} as sentiment_3d
    from counted
    group by symbol, session_number
),

final as (
    select
        summed.symbol,
        sessions.session_date,
        summed.sentiment_score,
        summed.article_count,
        summed.sentiment_3d,
        sessions.news_cutoff_at as available_at
    from summed
    inner join sessions
        on summed.session_number = sessions.session_number
)

select * from final
