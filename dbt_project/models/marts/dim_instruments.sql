with

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

instruments as (
    select * from {{ ref('instruments') }}
),

profiles as (
    select * from {{ ref('stg_fmp__profiles') }}
    qualify row_number() over (partition by symbol order by ledger_version desc) = 1
),

spans as (
    select
        symbol,
        min(session_date) as first_session_date,
        max(session_date) as last_session_date
    from prices
    group by symbol
),

-- the seed has been reviewed and wins; FMP speaks for symbols that it does not know
final as (
    select
        spans.symbol,
        coalesce(instruments.name, profiles.name, spans.symbol) as name,
        case
            when instruments.symbol is not null then instruments.asset_class
            when profiles.is_etf then 'fund'
            when not profiles.is_etf then 'stock'
            else 'unknown'
        end as asset_class,
        case
            when instruments.symbol is not null then instruments.sector
            when not profiles.is_etf then profiles.sector
        end as sector,
        spans.first_session_date,
        spans.last_session_date
    from spans
    left join instruments
        on spans.symbol = instruments.symbol
    left join profiles
        on spans.symbol = profiles.symbol
)

select * from final
