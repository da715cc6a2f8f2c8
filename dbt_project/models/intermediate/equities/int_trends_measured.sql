-- Wilder's average A(n) = A(n-1) x 13/14 + x(n)/14, begun with the mean of the first 14
-- moves, is the sum of (13/14)^(n-i) x(i) / 14 over all moves i, the first 14 weighing
-- like the 14th. Here the part of that sum inside each block of bars.
{% set n = var('wilder_sessions') | int %}
{% set fade, block = (n - 1) / n, var('wilder_block_sessions') | int %}

with

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

moves as (
    select
        *,
        bar_number // {{ block }} as block_number,
        bar_number % {{ block }} as block_step,
        adjusted_close_usd - previous_adjusted_close_usd as change,
        coalesce(
            greatest(
                adjusted_high_usd - adjusted_low_usd,
                abs(adjusted_high_usd - previous_adjusted_close_usd),
                abs(adjusted_low_usd - previous_adjusted_close_usd)
            ),
            abs(adjusted_close_usd - previous_adjusted_close_usd)
        ) as true_range,
        -- the first bar has no move
        case
            when bar_number = 1 then 0.0
            else pow({{ fade }}, least(bar_number - 1 - {{ n }}, 0)) / {{ n }}
        end as weight
    from prices
),

weighted as (
    select
        *,
        greatest(change, 0) * weight as gain,
        greatest(-change, 0) * weight as loss,
        true_range * weight as weighted_range
    from moves
),

final as (
    select
        symbol,
        session_date,
        bar_number,
        block_number,
        block_step,
        adjusted_close_usd,
        {{ trailing_mean('adjusted_close_usd', var('sma_fast_sessions')) }}
            as sma_20_usd,
        {{ trailing_mean('adjusted_close_usd', var('sma_slow_sessions')) }}
            as sma_50_usd,
        {{ trailing_deviation('total_return', var('volatility_sessions')) }}
        * sqrt({{ var('trading_days_per_year') }}) as volatility_20_annual,
        lag(adjusted_close_usd, {{ var('momentum_skip_sessions') }}) over bars
        / lag(adjusted_close_usd, {{ var('momentum_sessions') }}) over bars
        - 1 as momentum_12_1_return,
        {{ faded_sum('gain', fade, block, within='block_step') }} as gains,
        {{ faded_sum('loss', fade, block, within='block_step') }} as losses,
        {{ faded_sum('weighted_range', fade, block, within='block_step') }} as ranges,
        available_at
    from weighted
    window bars as (partition by symbol order by session_date)
)

select * from final
