with

polygon_splits as (
    select * from {{ ref('stg_polygon__splits') }}
),

fmp_splits as (
    select * from {{ ref('stg_fmp__splits') }}
),

polygon_dividends as (
    select * from {{ ref('stg_polygon__dividends') }}
),

fmp_dividends as (
    select * from {{ ref('stg_fmp__dividends') }}
),

final as (
    select
        'split' as kind,
        1 as provider_rank,
        symbol,
        effective_date,
        split_ratio as amount,
        available_at
    from polygon_splits
    union all by name
    select
        'split' as kind,
        2 as provider_rank,
        symbol,
        effective_date,
        split_ratio as amount,
        available_at
    from fmp_splits
    union all by name
    -- two dividends may share an ex-date (regular and special)
    select
        'dividend' as kind,
        1 as provider_rank,
        symbol,
        effective_date,
        sum(dividend_per_share::decimal(38, 12))::double as amount,
        max(available_at) as available_at
    from polygon_dividends
    where currency = 'USD'
    group by symbol, effective_date
    union all by name
    select
        'dividend' as kind,
        2 as provider_rank,
        symbol,
        effective_date,
        dividend_usd as amount,
        available_at
    from fmp_dividends
)

select * from final
where amount > 0
