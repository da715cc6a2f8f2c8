-- Where the close stands between the Bollinger bands and in the range of its bars, over
-- the symbol's bars without regard to sessions; and of Wilder's averages the part
-- inside each block of bars, as in int_trends_measured.
{% set n = var('wilder_sessions') | int %}
{% set fade, block = (n - 1) / n, var('wilder_block_sessions') | int %}
{% set close, band_bars = 'split_adjusted_close_usd', var('band_bars') | int %}
{% set range_bars = var('stochastic_bars') | int %}

with

prices as (
    select * from {{ ref('int_intraday_prices_adjusted') }}
),

moves as (
    select
        *,
        bar_number // {{ block }} as block_number,
        bar_number % {{ block }} as block_step,
        {{ close }} - lag({{ close }}) over bars as change,
        -- the first bar has no move
        case
            when bar_number = 1 then 0.0
            else pow({{ fade }}, least(bar_number - 1 - {{ n }}, 0)) / {{ n }}
        end as weight,
        case
            when bar_number >= {{ range_bars }}
                then max(split_adjusted_high_usd) over in_range
        end as range_high_usd,
        min(split_adjusted_low_usd) over in_range as range_low_usd
    from prices
    window
        bars as (partition by symbol, bar_interval order by bar_end_at),
        in_range as (bars rows between {{ range_bars - 1 }} preceding and current row)
),

weighted as (
    select
        *,
        greatest(change, 0) * weight as gain,
        greatest(0 - change, 0) * weight as loss
    from moves
),

final as (
    select
        symbol,
        bar_interval,
        session_date,
        bar_end_at,
        bar_number,
        block_number,
        block_step,
        close_usd,
        split_adjusted_close_usd,
        {{ trailing_mean(close, band_bars) }} as middle_band_usd,
        {{ trailing_deviation(close, band_bars, ddof=0) }} as band_deviation_usd,
        100 * ({{ close }} - range_low_usd) / nullif(range_high_usd - range_low_usd, 0)
            as fast_stochastic_k,
        {{ faded_sum('gain', fade, block, within='block_step') }} as gains,
        {{ faded_sum('loss', fade, block, within='block_step') }} as losses,
        available_at
    from weighted
    window bars as (partition by symbol, bar_interval order by bar_end_at)
)

select * from final
