with

sentiment as (
    select * from {{ ref('int_sentiment_summarised') }}
),

spanned as (
    select * from {{ ref('int_symbol_sessions_spanned') }}
),

members as (
    select * from {{ ref('stg_config__universe_members') }}
),

provider_scores as (
    select * from {{ ref('int_provider_scores_joined_as_of') }}
),

final as (
    select
        sentiment.symbol,
        sentiment.session_date,
        sentiment.sentiment_score,
        sentiment.article_count,
        sentiment.sentiment_3d,
        sentiment.method,
        sentiment.available_at,
        provider_scores.provider_sentiment_score,
        provider_scores.provider_sentiment_source
    from sentiment
    inner join spanned
        on
            sentiment.symbol = spanned.symbol
            and sentiment.session_date = spanned.session_date
    left join provider_scores
        on
            sentiment.symbol = provider_scores.symbol
            and sentiment.session_date = provider_scores.session_date
    where
        exists (
            select 1
            from members
            where
                members.symbol = sentiment.symbol
                and sentiment.session_date between members.from_date and members.to_date
        )
)

select * from final
