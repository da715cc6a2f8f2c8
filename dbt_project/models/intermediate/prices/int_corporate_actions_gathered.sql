with

polygon_dividends as (
    select * from {{ ref('stg_polygon__dividends') }}
),

fmp_dividends as (
    select * from {{ ref('stg_fmp__dividends') }}
),

finnhub_dividends as (
    select * from {{ ref('stg_finnhub__dividends') }}
),

yahoo_dividends as (
    select * from {{ ref('stg_yahoo__dividends') }}
),

final as (
    {% for provider in ['polygon', 'fmp', 'finnhub', 'yahoo'] %}
        select
            'split' as kind,
            {{ loop.index }} as provider_rank,
            symbol,
            effective_date,
            split_ratio as amount,
            available_at
        from {{ ref('stg_' ~ provider ~ '__splits') }}
        union all by name
    {% endfor %}
    -- Two dividends may share an ex-date (regular and special); the same amount twice
    -- is one payment under the ids of two endpoints.
    select
        'dividend' as kind,
        1 as provider_rank,
        symbol,
        effective_date,
        sum(distinct dividend_per_share::decimal(38, 12))::double as amount,
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
    union all by name
    select
        'dividend' as kind,
        3 as provider_rank,
        symbol,
        effective_date,
        dividend_per_share as amount,
        available_at
    from finnhub_dividends
    where currency = 'USD'
    union all by name
    select
        'dividend' as kind,
        4 as provider_rank,
        symbol,
        effective_date,
        dividend_usd as amount,
        available_at
    from yahoo_dividends
)

select * from final
where amount > 0
