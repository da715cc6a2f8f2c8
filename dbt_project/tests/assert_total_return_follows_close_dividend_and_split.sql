-- adj(t) / adj(t-1) = (close(t) + dividend(t)) x split(t) / close(t-1), row by row.
{{ config(meta={'dagster': {'ref': {'name': 'fct_prices'}}}) }}

with

prices as (
    select
        *,
        lag(close_usd) over bars as previous_close_usd,
        lag(adjusted_close_usd) over bars as previous_adjusted_close_usd
    from {{ ref('fct_prices') }}
    window bars as (partition by symbol order by session_date)
)

select *
from prices
where
    abs(
        (close_usd + dividend_usd) * split_ratio / previous_close_usd
        - adjusted_close_usd / previous_adjusted_close_usd
    ) > 1e-9
    or abs(total_return - (adjusted_close_usd / previous_adjusted_close_usd - 1)) > 1e-9
    or (previous_close_usd is null and adjusted_close_usd <> close_usd)
