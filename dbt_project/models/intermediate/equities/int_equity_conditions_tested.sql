with

-- read twice: cheaper than kept in memory
inputs as not materialized (
    select * from {{ ref('int_equity_inputs_joined') }}
),

styles as (
    select * from {{ ref('equity_styles') }}
),

-- a symbol begins with its first decision that has all inputs
first_sessions as (
    select
        symbol,
        min(session_date) as first_session_date
    from inputs
    where is_decided and sma_50_usd + rsi_14 is not null
    group by symbol
),

rounded as (
    select
        inputs.*,
        {{ decisive('inputs.adjusted_close_usd') }} as close,
        {{ decisive('inputs.sma_20_usd') }} as sma_fast,
        {{ decisive('inputs.sma_50_usd') }} as sma_slow,
        {{ decisive('inputs.rsi_14') }} as rsi,
        {{ decisive('inputs.sentiment_3d') }} as sentiment
    from inputs
    inner join first_sessions
        on
            inputs.symbol = first_sessions.symbol
            and inputs.session_date >= first_sessions.first_session_date
),

final as (
    select
        styles.style,
        rounded.symbol,
        rounded.session_date,
        rounded.session_number,
        rounded.segment,
        rounded.is_member,
        rounded.is_decided,
        rounded.is_ended,
        rounded.adjusted_close_usd,
        coalesce(
            rounded.is_decided
            and rounded.is_member
            and rounded.sma_fast > rounded.sma_slow
            and rounded.close > rounded.sma_slow
            and coalesce(rounded.rsi between styles.rsi_low and styles.rsi_high, true)
            and rounded.sentiment >= styles.entry_sentiment,
            false
        ) as can_enter,
        case
            when not rounded.is_decided then null
            when not rounded.is_member then 'left_universe'
            when rounded.sma_fast < rounded.sma_slow then 'trend_down'
            when rounded.close < rounded.sma_slow then 'trend_down'
            when rounded.sentiment <= styles.exit_sentiment then 'sentiment'
            when rounded.rsi > styles.rsi_high then 'rsi'
        end as exit_rule,
        styles.stop_fraction,
        rounded.effective_session,
        rounded.decided_at,
        rounded.available_at
    from rounded
    cross join styles
)

select * from final
