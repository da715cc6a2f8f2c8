-- What the earlier blocks have left at a block's start, added to the sums inside the
-- block.
{% set n = var('wilder_sessions') | int %}
{% set block = var('wilder_block_sessions') | int %}
{% set decay = '((' ~ n ~ ' - 1) / ' ~ n ~ '.0)' %}

with

sums as (
    select * from {{ ref('int_wilder_blocks_summed') }}
),

totals as (
    select * from sums
    where block_step = {{ block }} - 1
),

blocks as (
    select distinct
        symbol,
        block_number
    from sums
),

carried as (
    select
        blocks.symbol,
        blocks.block_number,
        -- faded by the moves between the two blocks, in order
        list(
            pow({{ decay }}, {{ block }} * (blocks.block_number - totals.block_number))
            order by totals.block_number
        ) as fades,
        list(totals.gains order by totals.block_number) as gains,
        list(totals.losses order by totals.block_number) as losses,
        list(totals.ranges order by totals.block_number) as ranges
    from blocks
    inner join totals
        on
            blocks.symbol = totals.symbol
            and blocks.block_number > totals.block_number
    group by blocks.symbol, blocks.block_number
),

averages as (
    select
        sums.*,
        pow({{ decay }}, sums.block_step) as fade,
        coalesce(list_inner_product(carried.fades, carried.gains), 0) as old_gains,
        coalesce(list_inner_product(carried.fades, carried.losses), 0) as old_losses,
        coalesce(list_inner_product(carried.fades, carried.ranges), 0) as old_ranges
    from sums
    left join carried
        on
            sums.symbol = carried.symbol
            and sums.block_number = carried.block_number
    where sums.move_number >= {{ n }}
),

final as (
    select
        symbol,
        session_date,
        case
            when
                (gains + old_gains + losses + old_losses) * fade
                < {{ var('wilder_zero') }} then 0.0
            else
                100 * (gains + old_gains) / (gains + old_gains + losses + old_losses)
        end as rsi_14,
        (ranges + old_ranges) * fade as atr_14_usd,
        available_at
    from averages
)

select * from final
