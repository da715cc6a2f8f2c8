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
        {% for sums in ['gains', 'losses', 'ranges'] %}
            {{ faded_sum(sums, fade ** block, var('wilder_blocks')) }} as old_{{ sums }},
        {% endfor %}
    from trends
    where block_step = {{ block }} - 1
    window bars as (partition by symbol order by block_number)
),

averages as (
    select
        trends.* exclude (block_number, block_step, gains, losses, ranges),
        pow({{ fade }}, trends.block_step + 1) as fade,
        trends.gains + coalesce(blocks.old_gains * fade, 0) as mean_gain,
        trends.losses + coalesce(blocks.old_losses * fade, 0) as mean_loss,
        trends.ranges + coalesce(blocks.old_ranges * fade, 0) as mean_range
    from trends
    left join blocks
        on
            trends.symbol = blocks.symbol
            and trends.block_number = blocks.block_number
),

final as (
    select
        * exclude (bar_number, fade, mean_gain, mean_loss, mean_range, available_at),
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
