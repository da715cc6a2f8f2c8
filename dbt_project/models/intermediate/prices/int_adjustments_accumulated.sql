-- adj(t) = adj(t-1) x (close(t) + dividend(t)) x split(t) / close(t-1) telescopes to
-- close(t) times the product of (1 + dividend / close) x split over the action days so
-- far.
with

prices as (
    select
        *,
        lag(session_date) over bars as previous_session_date
    from {{ ref('int_prices_reconciled') }}
    window bars as (partition by symbol order by session_date)
),

actions as (
    select * from {{ ref('int_corporate_actions_reconciled') }}
),

-- Policy `restate`: an action keeps the date it is about, however late it landed or
-- was released, and takes effect with the first bar on or after it; on a later one it
-- would invent a return. The first bar is where the series begins.
applied as (
    select
        prices.symbol,
        prices.session_date,
        prices.close_usd,
        prices.available_at,
        actions.kind,
        actions.effective_date,
        actions.amount,
        -- per share of its own day, while the close is that after later splits
        case when actions.kind = 'dividend' then actions.amount end
        / coalesce(
            product(actions.amount) filter (where actions.kind = 'split') over (
                partition by prices.symbol, prices.session_date
                order by actions.effective_date desc
                groups between unbounded preceding and 1 preceding
            ), 1.0
        ) as dividend
    from actions
    inner join prices
        on
            actions.symbol = prices.symbol
            and actions.effective_date > prices.previous_session_date
            and actions.effective_date <= prices.session_date
),

steps as (
    select
        symbol,
        session_date,
        close_usd,
        available_at,
        coalesce(
            product(amount order by effective_date) filter (where kind = 'split'), 1.0
        ) as split_ratio,
        coalesce(sum(dividend order by effective_date), 0.0) as dividend_usd
    from applied
    group by symbol, session_date, close_usd, available_at
),

final as (
    select
        symbol,
        session_date,
        split_ratio,
        dividend_usd,
        list_aggregate(
            list((1 + dividend_usd / close_usd) * split_ratio) over so_far, 'product'
        ) as adjustment_factor,
        list_aggregate(list(split_ratio) over so_far, 'product') as split_factor,
        available_at
    from steps
    window so_far as (
        partition by symbol
        order by session_date
        rows between unbounded preceding and current row
    )
)

select * from final
