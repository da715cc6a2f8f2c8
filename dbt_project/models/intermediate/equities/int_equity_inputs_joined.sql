with

spanned as (
    select * from {{ ref('int_symbol_sessions_spanned') }}
),

members as (
    select * from {{ ref('int_universe_members_merged') }}
),

trends as (
    select * from {{ ref('int_wilder_averages_measured') }}
),

sentiment as (
    select * from {{ ref('int_sentiment_summarised') }}
),

symbols as (
    select distinct symbol
    from members
),

final as (
    select
        spanned.*,
        members.symbol is not null as is_member,
        trends.adjusted_close_usd,
        trends.sma_20_usd,
        trends.sma_50_usd,
        trends.rsi_14,
        coalesce(sentiment.sentiment_3d, 0.0) as sentiment_3d,
        greatest(trends.available_at, sentiment.available_at) as available_at
    from spanned
    inner join symbols
        on spanned.symbol = symbols.symbol
    left join members
        on
            spanned.symbol = members.symbol
            and spanned.session_date between members.from_date and members.to_date
    left join trends
        on
            spanned.symbol = trends.symbol
            and spanned.session_date = trends.session_date
    left join sentiment
        on
            spanned.symbol = sentiment.symbol
            and spanned.session_date = sentiment.session_date
)

select * from final
