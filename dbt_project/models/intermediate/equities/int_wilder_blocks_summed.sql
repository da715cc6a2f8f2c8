-- Wilder's average A(n) = A(n-1) x 13/14 + x(n)/14, begun with the mean of the first 14
-- moves, is the sum of (13/14)^(n-i) x(i) / 14 over all moves i, the first 14 weighing
-- like the 14th. Here the sums inside each block of moves, weighted from the block's
-- start: no weight grows beyond (14/13)^63, so nothing overflows however long the
-- history.
{% set n = var('wilder_sessions') | int %}
{% set block = var('wilder_block_sessions') | int %}

with

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

moves as (
    select
        symbol,
        session_date,
        available_at,
        bar_number - 1 as move_number,
        greatest(bar_number - 1 - {{ n }}, 0) as decay_number,
        adjusted_close_usd - lag(adjusted_close_usd) over bars as change,
        coalesce(
            greatest(
                adjusted_high_usd - adjusted_low_usd,
                abs(adjusted_high_usd - lag(adjusted_close_usd) over bars),
                abs(adjusted_low_usd - lag(adjusted_close_usd) over bars)
            ),
            abs(adjusted_close_usd - lag(adjusted_close_usd) over bars)
        ) as true_range
    from prices
    window bars as (partition by symbol order by session_date)
),

weighted as (
    select
        *,
        decay_number // {{ block }} as block_number,
        decay_number % {{ block }} as block_step,
        pow({{ n }}.0 / ({{ n }} - 1), decay_number % {{ block }}) / {{ n }} as weight
    from moves
    where move_number > 0
),

final as (
    select
        symbol,
        session_date,
        move_number,
        block_number,
        block_step,
        -- added up in order, see the macro `trailing`
        list_sum(list(greatest(change, 0) * weight) over so_far) as gains,
        list_sum(list(greatest(-change, 0) * weight) over so_far) as losses,
        list_sum(list(true_range * weight) over so_far) as ranges,
        available_at
    from weighted
    window so_far as (
        partition by symbol, block_number
        order by session_date
        rows between unbounded preceding and current row
    )
)

select * from final
