-- RSI as TA-Lib's (int_wilder_averages_measured), the distance from the middle band in
-- deviations, 0 where nothing moved, and the slow stochastic: means of three.
{% set n, block = var('wilder_sessions') | int, var('wilder_block_sessions') | int %}
{% set fade = (n - 1) / n %}

with

ranges as (
    select * from {{ ref('int_intraday_ranges_measured') }}
),

blocks as (
    select
        symbol,
        bar_interval,
        block_number + 1 as block_number,
        {{ faded_sum('gains', fade ** block, var('wilder_blocks')) }} as gains,
        {{ faded_sum('losses', fade ** block, var('wilder_blocks')) }} as losses
    from ranges
    where block_step = {{ block }} - 1
    window bars as (partition by symbol, bar_interval order by block_number)
),

slowed as (
    select
        ranges.*,
        pow({{ fade }}, ranges.block_step + 1) as faded,
        ranges.gains + coalesce(blocks.gains * faded, 0) as mean_gain,
        ranges.losses + coalesce(blocks.losses * faded, 0) as mean_loss,
        {{ trailing_mean('ranges.fast_stochastic_k', var('stochastic_slow_bars')) }}
            as stochastic_k
    from ranges
    left join blocks
        on
            ranges.symbol = blocks.symbol
            and ranges.bar_interval = blocks.bar_interval
            and ranges.block_number = blocks.block_number
    window bars as (
        partition by ranges.symbol, ranges.bar_interval
        order by ranges.bar_end_at
    )
),

final as (
    select
        symbol,
        bar_interval,
        session_date,
        bar_end_at,
        close_usd,
        case
            when bar_number <= {{ n }} then null
            when mean_gain + mean_loss < {{ var('wilder_zero') }} then 0.0
            else 100 * mean_gain / (mean_gain + mean_loss)
        end as rsi_14,
        case
            when band_deviation_usd = 0 then 0.0
            else (split_adjusted_close_usd - middle_band_usd) / band_deviation_usd
        end as band_distance,
        stochastic_k,
        {{ trailing_mean('stochastic_k', var('stochastic_signal_bars')) }}
            as stochastic_d,
        available_at
    from slowed
    window bars as (partition by symbol, bar_interval order by bar_end_at)
)

select * from final
