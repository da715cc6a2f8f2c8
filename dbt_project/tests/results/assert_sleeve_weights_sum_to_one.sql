-- Whatever the method, every estimation gives the whole capital to the sleeves, and so
-- does 1/N.
with

estimations as (
    select
        session_date,
        method,
        sum(weight) as weight,
        sum(equal_weight) as equal_weight,
        count(*) - count(weight + equal_weight) as missing_weights
    from {{ source('analytics', 'sleeve_weights') }}
    group by session_date, method
)

select * from estimations
where
    missing_weights > 0
    or (abs(weight - 1) <= {{ var('sum_tolerance') }}) is not true
    or (abs(equal_weight - 1) <= {{ var('sum_tolerance') }}) is not true
