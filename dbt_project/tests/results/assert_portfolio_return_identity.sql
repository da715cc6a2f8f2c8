-- Gross return is net return plus cost, in every backtest and in the portfolio.
with

returns as (
    select
        strategy,
        variant,
        session_date,
        gross_return,
        net_return,
        cost_return
    from {{ source('analytics', 'backtest_daily') }}
    union all
    select
        'portfolio' as strategy,
        'portfolio' as variant,
        session_date,
        gross_return,
        net_return,
        cost_return
    from {{ source('analytics', 'portfolio_daily') }}
)

select * from returns
where
    (
        abs(gross_return - net_return - cost_return) <= {{ var('identity_tolerance') }}
    ) is not true
