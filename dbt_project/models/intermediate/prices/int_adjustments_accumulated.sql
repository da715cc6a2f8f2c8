-- adj(t) = adj(t-1) x (close(t) + dividend(t)) x split(t) / close(t-1) telescopes to
-- close(t) times the product of (1 + dividend / close) x split over the action days so
-- far.
with

prices as (
    select
        *,
        row_number() over (partition by symbol order by session_date) as bar_number
    from {{ ref('int_prices_reconciled') }}
),

actions as (
    select * from {{ ref('int_corporate_actions_reconciled') }}
),

-- an action takes effect with the first bar that can know it, also where its own day
-- has none; the first bar is where the series begins, whatever happened before
applied as (
    select
        prices.symbol,
        prices.session_date,
        prices.bar_number,
        prices.close_usd,
        prices.available_at,
        actions.kind,
        actions.effective_date,
        actions.amount
    from actions
    asof join prices
        on
            actions.symbol = prices.symbol
            and actions.available_at <= prices.available_at
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
        coalesce(
            sum(amount order by effective_date) filter (where kind = 'dividend'), 0.0
        ) as dividend_usd
    from applied
    where bar_number > 1
    group by symbol, session_date, close_usd, available_at
),

final as (
    select
        symbol,
        session_date,
        split_ratio,
        dividend_usd,
        list_aggregate(
            list((1 + dividend_usd / close_usd) * split_ratio) over (
                partition by symbol
                order by session_date
                rows between unbounded preceding and current row
            ),
            'product'
        ) as adjustment_factor,
        available_at
    from steps
)

select * from final
