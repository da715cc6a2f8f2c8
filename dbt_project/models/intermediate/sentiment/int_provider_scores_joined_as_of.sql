{% set window = var('sentiment_sessions') | int %}

with

readings as (
    select * from {{ ref('stg_polygon__news_sentiment') }}
),

snapshots as (
    select
        *,
        bullish_fraction - bearish_fraction as snapshot_score
    from {{ ref('stg_finnhub__news_sentiment') }}
),

sessions as (
    select
        session_date,
        news_cutoff_at,
        lag(news_cutoff_at, {{ window }}) over (order by session_number) as since_at
    from {{ ref('stg_exchange__sessions') }}
),

-- what was told in the window, as it had been read by the cut-off
known_readings as (
    select
        readings.symbol,
        sessions.session_date,
        readings.tone_score
    from readings
    inner join sessions
        on
            readings.available_at <= sessions.news_cutoff_at
            and readings.published_at > sessions.since_at
    qualify
        row_number() over (
            partition by readings.symbol, readings.story_id, sessions.session_date
            order by readings.ledger_version desc
        ) = 1
),

polygon_scores as (
    select
        symbol,
        session_date,
        -- of whole numbers, so that the order does not matter
        sum(tone_score) / count(tone_score) as provider_sentiment_score
    from known_readings
    group by symbol, session_date
),

-- the newest snapshot taken in the window
finnhub_scores as (
    select
        snapshots.symbol,
        sessions.session_date,
        snapshots.snapshot_score as provider_sentiment_score
    from snapshots
    inner join sessions
        on
            snapshots.available_at <= sessions.news_cutoff_at
            and snapshots.available_at > sessions.since_at
    where snapshots.snapshot_score is not null
    qualify
        row_number() over (
            partition by snapshots.symbol, sessions.session_date
            order by snapshots.observed_date desc, snapshots.ledger_version desc
        ) = 1
),

final as (
    select
        coalesce(polygon_scores.symbol, finnhub_scores.symbol) as symbol,
        coalesce(
            polygon_scores.session_date, finnhub_scores.session_date
        ) as session_date,
        coalesce(
            polygon_scores.provider_sentiment_score,
            finnhub_scores.provider_sentiment_score
        ) as provider_sentiment_score,
        case
            when polygon_scores.provider_sentiment_score is not null then 'polygon'
            else 'finnhub'
        end as provider_sentiment_source
    from polygon_scores
    full join finnhub_scores
        on
            polygon_scores.symbol = finnhub_scores.symbol
            and polygon_scores.session_date = finnhub_scores.session_date
)

select * from final
