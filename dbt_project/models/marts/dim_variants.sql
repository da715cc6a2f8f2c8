-- A parameter set holds numbers and rules, no names: a variant under another name is
-- the same trial.
with

equity_variants as (
    select * from {{ ref('equity_variants') }}
),

equity_styles as (
    select * from {{ ref('equity_styles') }}
),

credit_variants as (
    select * from {{ ref('credit_variants') }}
),

volatility_variants as (
    select * from {{ ref('volatility_variants') }}
),

intraday_variants as (
    select * from {{ ref('intraday_variants') }}
),

styled as (
    select
        equity_variants.*,
        equity_styles.entry_sentiment,
        equity_styles.exit_sentiment,
        equity_styles.rsi_high,
        equity_styles.rsi_low,
        equity_styles.stop_fraction
    from equity_variants
    inner join equity_styles
        on equity_variants.style = equity_styles.style
),

equities as (
    select
        'equities' as strategy,
        variant,
        is_default,
        to_json({
            'entry_sentiment': entry_sentiment,
            'exit_sentiment': exit_sentiment,
            'has_credit_overlay': has_credit_overlay,
            'has_vix_throttle': has_vix_throttle,
            'mode': mode,
            'rsi_high': rsi_high,
            'rsi_low': rsi_low,
            'stop_fraction': stop_fraction
        })::varchar as parameters
    from styled
),

credit as (
    select
        'credit' as strategy,
        variant,
        is_default,
        to_json({
            'entry_zscore': entry_zscore,
            'lower_percentile': lower_percentile,
            'momentum_sessions': momentum_sessions,
            'rule': rule,
            'upper_percentile': upper_percentile
        })::varchar as parameters
    from credit_variants
),

volatility as (
    select
        'volatility' as strategy,
        variant,
        is_default,
        to_json({
            'backwardation_min_ratio': backwardation_min_ratio,
            'contango_max_ratio': contango_max_ratio,
            'holds': holds,
            'vix_cap': vix_cap
        })::varchar as parameters
    from volatility_variants
),

intraday as (
    select
        'intraday' as strategy,
        variant,
        is_default,
        to_json({
            'band_deviations': band_deviations,
            'bar_interval': bar_interval,
            'rsi_high': rsi_high,
            'rsi_low': rsi_low
        })::varchar as parameters
    from intraday_variants
),

final as (
    select * from equities
    union all by name
    select * from credit
    union all by name
    select * from volatility
    union all by name
    select * from intraday
)

select * from final
