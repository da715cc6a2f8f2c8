with

spanned as (
    select * from {{ ref('int_symbol_sessions_spanned') }}
),

members as (
    select * from {{ ref('int_universe_members_merged') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

sentiment as (
    select * from {{ ref('int_sentiment_summarised') }}
),

provider_scores as (
    select * from {{ ref('int_provider_scores_joined_as_of') }}
),

final as (
    select
        spanned.symbol,
        spanned.session_date,
        sentiment.sentiment_score,
        coalesce(sentiment.article_count, 0) as article_count,
        coalesce(sentiment.sentiment_3d, 0.0) as sentiment_3d,
        '{{ var('headline_method') }}' as method,
        -- that there was no news is known then, too
        sessions.news_cutoff_at as available_at,
        provider_scores.provider_sentiment_score,
        provider_scores.provider_sentiment_source
    from spanned
    inner join members
        on
            spanned.symbol = members.symbol
            and spanned.session_date between members.from_date and members.to_date
    inner join sessions
        on spanned.session_date = sessions.session_date
    left join sentiment
        on
            spanned.symbol = sentiment.symbol
            and spanned.session_date = sentiment.session_date
    left join provider_scores
        on
            spanned.symbol = provider_scores.symbol
            and spanned.session_date = provider_scores.session_date
)

select * from final
