-- A symbol that is listed twice for the same session counts once.
with

members as (
    select * from {{ ref('stg_config__universe_members') }}
),

compared as (
    select
        *,
        from_date > max(to_date) over (
            partition by symbol
            order by from_date, to_date
            rows between unbounded preceding and 1 preceding
        ) as is_new_span
    from members
),

numbered as (
    select
        *,
        count(*) filter (where is_new_span) over (
            partition by symbol
            order by from_date, to_date
            rows between unbounded preceding and current row
        ) as span_number
    from compared
),

final as (
    select
        symbol,
        min(from_date) as from_date,
        max(to_date) as to_date
    from numbered
    group by symbol, span_number
)

select * from final
