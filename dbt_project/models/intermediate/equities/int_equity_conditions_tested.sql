with

inputs as (
    select * from {{ ref('int_equity_inputs_joined') }}
),

styles as (
    select * from {{ ref('equity_styles') }}
),

rounded as (
    select
        *,
        {{ decisive('adjusted_close_usd') }} as close,
        {{ decisive('sma_20_usd') }} as sma_fast,
        {{ decisive('sma_50_usd') }} as sma_slow,
        {{ decisive('rsi_14') }} as rsi,
        {{ decisive('sentiment_3d') }} as sentiment
    from inputs
),

final as (
    select
        styles.style,
        rounded.symbol,
        rounded.session_date,
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
