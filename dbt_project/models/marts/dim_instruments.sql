with

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

spans as (
    select
        symbol,
        min(session_date) as first_session_date,
        max(session_date) as last_session_date
    from prices
    group by symbol
),

final as (
    select
        spans.symbol,
        coalesce(instruments.name, spans.symbol) as name,
        coalesce(instruments.asset_class, 'unknown') as asset_class,
        instruments.sector,
        spans.first_session_date,
        spans.last_session_date
    from spans
    left join instruments
        on spans.symbol = instruments.symbol
)

select * from final
