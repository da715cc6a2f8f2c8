with

trends as (
    select * from {{ ref('int_trends_measured') }}
),

wilder_averages as (
    select * from {{ ref('int_wilder_averages_measured') }}
),

sentiment as (
    select * from {{ ref('int_sentiment_summarised') }}
),

final as (
    select
        trends.symbol,
        trends.session_date,
        trends.sma_20_usd,
        trends.sma_50_usd,
        wilder_averages.rsi_14,
        wilder_averages.atr_14_usd,
        trends.volatility_20_annual,
        trends.momentum_12_1_return,
        sentiment.sentiment_3d,
        greatest(trends.available_at, sentiment.available_at) as available_at
    from trends
    left join wilder_averages
        on
            trends.symbol = wilder_averages.symbol
            and trends.session_date = wilder_averages.session_date
    left join sentiment
        on
            trends.symbol = sentiment.symbol
            and trends.session_date = sentiment.session_date
)

select * from final
