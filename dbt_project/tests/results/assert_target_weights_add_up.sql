-- What a sleeve desires and what each limit takes from it make the final weight: in
-- every row, and summed over the sleeves in every symbol.
with

weights as (
    select
        session_date,
        strategy,
        symbol,
        final_weight,
        desired_weight + symbol_bite + liquidity_bite + sector_bite + stress_bite
        + gross_bite + net_bite + turnover_bite as added_weight
    from {{ source('analytics', 'target_weights') }}
),

summed as (
    select
        session_date,
        'all sleeves' as strategy,
        symbol,
        sum(final_weight) as final_weight,
        sum(added_weight) as added_weight
    from weights
    group by session_date, symbol
),

compared as (
    select * from weights
    union all by name
    select * from summed
)

-- a missing part is as wrong as a wrong one
select * from compared
where (abs(added_weight - final_weight) <= {{ var('identity_tolerance') }}) is not true
