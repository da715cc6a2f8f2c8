-- An order, signed and over the account's worth, is the way from the current weight to
-- the planned one; the worth is that of all that is held, the cash included.
with

orders as (
    select * from {{ source('analytics', 'orders') }}
),

worth as (
    select sum(value_usd) as equity_usd
    from {{ source('analytics', 'holdings') }}
),

reached as (
    select
        orders.symbol,
        orders.planned_weight,
        orders.current_weight
        + case orders.side when 'sell' then -1 else 1 end
        * orders.notional_usd / worth.equity_usd as reached_weight
    from orders
    cross join worth
)

select * from reached
where (abs(reached_weight - planned_weight) <= {{ var('sum_tolerance') }}) is not true
