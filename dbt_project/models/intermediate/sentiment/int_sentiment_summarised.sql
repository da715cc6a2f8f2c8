{% set window = var('sentiment_sessions') | int %}

with

stories as (
    select * from {{ ref('int_stories_deduplicated') }}
),

prices as (
    select * from {{ ref('int_prices_reconciled') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

first_bars as (
    select
        symbol,
        min(session_number) as first_session_number
    from prices
    group by symbol
),

scored as (
    select
        symbol,
        session_date,
        -- in a stated order: float sums depend on it
        sum(sentiment_score order by normalized_headline)
        / count(sentiment_score) as sentiment_score,
        count(*) as article_count
    from stories
    group by symbol, session_date
),

-- every exchange session, so that a missing bar does not hide its news; those just
-- before the first bar fill its window
spanned as (
    select
        first_bars.symbol,
        sessions.session_date,
        sessions.session_number - first_bars.first_session_number as sessions_since,
        scored.sentiment_score,
        coalesce(scored.article_count, 0) as article_count,
        coalesce(scored.sentiment_score, 0.0) as score_or_zero,
        sessions.news_cutoff_at as available_at
    from first_bars
    inner join sessions
        on first_bars.first_session_number - {{ window }} < sessions.session_number
    left join scored
        on
            first_bars.symbol = scored.symbol
            and sessions.session_date = scored.session_date
),

final as (
    select
        symbol,
        session_date,
        sentiment_score,
        article_count,
        {{ trailing('sum', 'score_or_zero', window) }}
        / {{ window }} as sentiment_3d,
        '{{ var('headline_method') }}' as method,
        available_at
    from spanned
    qualify sessions_since >= 0
)

select * from final
