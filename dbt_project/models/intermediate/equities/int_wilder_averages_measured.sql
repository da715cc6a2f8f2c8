-- Wilder's averages: what the earlier blocks have left, added to the sums inside the
-- block.
{% set n, block = var('wilder_sessions') | int, var('wilder_block_sessions') | int %}
{% set fade = (n - 1) / n %}

with

-- read twice: cheaper than kept in memory
trends as not materialized (
    select * from {{ ref('int_trends_measured') }}
),

blocks as (
    select
        symbol,
        block_number + 1 as block_number,
        {{ faded_sum('gains', fade ** block, var('wilder_blocks')) }} as gains,
        {{ faded_sum('losses', fade ** block, var('wilder_blocks')) }} as losses,
        {{ faded_sum('ranges', fade ** block, var('wilder_blocks')) }} as ranges
    from trends
    where block_step = {{ block }} - 1
    window bars as (partition by symbol order by block_number)
),

averages as (
    select
        trends.*,
        pow({{ fade }}, trends.block_step + 1) as faded,
        trends.gains + coalesce(blocks.gains * faded, 0) as mean_gain,
        trends.losses + coalesce(blocks.losses * faded, 0) as mean_loss,
        trends.ranges + coalesce(blocks.ranges * faded, 0) as mean_range
    from trends
    left join blocks
        on
            trends.symbol = blocks.symbol
            and trends.block_number = blocks.block_number
),

final as (
    select
        symbol,
        session_date,
        adjusted_close_usd,
        sma_20_usd,
        sma_50_usd,
        volatility_20_annual,
        momentum_12_1_return,
        case
            when bar_number <= {{ n }} then null
            when mean_gain + mean_loss < {{ var('wilder_zero') }} then 0.0
            else 100 * mean_gain / (mean_gain + mean_loss)
        end as rsi_14,
        case when bar_number > {{ n }} then mean_range end as atr_14_usd,
        available_at
    from averages
)

select * from final
