with

trends as (
    select * from {{ ref('int_wilder_averages_measured') }}
),

sentiment as (
    select * from {{ ref('int_sentiment_summarised') }}
),

fundamentals as (
    select
        symbol,
        session_date,
        max(value_fraction) filter (where metric = 'earnings_yield') as earnings_yield,
        max(value_fraction) filter (where metric = 'return_on_equity')
            as return_on_equity,
        max(available_at) as available_at
    from {{ ref('int_fundamentals_joined_as_of') }}
    group by symbol, session_date
),

final as (
    select
        trends.symbol,
        trends.session_date,
        trends.sma_20_usd,
        trends.sma_50_usd,
        trends.rsi_14,
        trends.atr_14_usd,
        trends.volatility_20_annual,
        trends.momentum_12_1_return,
        coalesce(sentiment.sentiment_3d, 0.0) as sentiment_3d,
        greatest(
            trends.available_at, sentiment.available_at, fundamentals.available_at
        ) as available_at,
        fundamentals.earnings_yield,
        fundamentals.return_on_equity
    from trends
    left join sentiment
        on
            trends.symbol = sentiment.symbol
            and trends.session_date = sentiment.session_date
    left join fundamentals
        on
            trends.symbol = fundamentals.symbol
            and trends.session_date = fundamentals.session_date
)

select * from final
