with

spanned as (
    select * from {{ ref('int_symbol_sessions_spanned') }}
),

members as (
    select * from {{ ref('stg_config__universe_members') }}
),

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

trends as (
    select * from {{ ref('int_trends_measured') }}
),

wilder_averages as (
    select * from {{ ref('int_wilder_averages_measured') }}
),

sentiment as (
    select * from {{ ref('int_sentiment_summarised') }}
),

joined as (
    select
        spanned.*,
        exists(
            select 1
            from members
            where
                members.symbol = spanned.symbol
                and spanned.session_date between members.from_date and members.to_date
        ) as is_member,
        prices.adjusted_close_usd,
        trends.sma_20_usd,
        trends.sma_50_usd,
        wilder_averages.rsi_14,
        sentiment.sentiment_3d,
        greatest(prices.available_at, sentiment.available_at) as available_at
    from spanned
    left join sentiment
        on
            spanned.symbol = sentiment.symbol
            and spanned.session_date = sentiment.session_date
    left join prices
        on
            spanned.symbol = prices.symbol
            and spanned.session_date = prices.session_date
    left join trends
        on
            spanned.symbol = trends.symbol
            and spanned.session_date = trends.session_date
    left join wilder_averages
        on
            spanned.symbol = wilder_averages.symbol
            and spanned.session_date = wilder_averages.session_date
    where spanned.symbol in (select members.symbol from members)
),

-- a symbol's first row is its first decision with all inputs
final as (
    select *
    from joined
    qualify
        bool_or(is_decided and sma_50_usd + rsi_14 + sentiment_3d is not null) over (
            partition by symbol
            order by session_date
            rows between unbounded preceding and current row
        )
)

select * from final
