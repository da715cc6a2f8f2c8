with

polygon_bars as (
    select * from {{ ref('stg_polygon__daily_bars') }}
),

fmp_prices as (
    select * from {{ ref('stg_fmp__daily_prices') }}
),

finnhub_candles as (
    select * from {{ ref('stg_finnhub__daily_candles') }}
),

yahoo_bars as (
    select * from {{ ref('stg_yahoo__daily_bars') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

offered as (
    select
        1 as provider_rank,
        'polygon' as provider,
        *
    from polygon_bars
    union all by name
    select
        2 as provider_rank,
        'fmp' as provider,
        *
    from fmp_prices
    union all by name
    select
        3 as provider_rank,
        'finnhub' as provider,
        *
    from finnhub_candles
    union all by name
    select
        4 as provider_rank,
        'yahoo' as provider,
        *
    from yahoo_bars
),

-- A bar known only after its session's decision (released from quarantine later) was
-- not there to decide on. It stays out for good: letting it in later would rewrite what
-- was decided without it.
on_time as (
    select
        offered.*,
        sessions.session_number,
        sessions.decided_at,
        max(offered.close_usd) filter (where offered.provider = 'polygon')
            over same_bar as polygon_close_usd,
        max(offered.close_usd) filter (where offered.provider = 'fmp')
            over same_bar as fmp_close_usd,
        max(offered.close_usd) filter (where offered.provider = 'finnhub')
            over same_bar as finnhub_close_usd,
        max(offered.close_usd) filter (where offered.provider = 'yahoo')
            over same_bar as yahoo_close_usd,
        bool_or(offered.provider = 'polygon') over same_bar as in_polygon,
        bool_or(offered.provider = 'fmp') over same_bar as in_fmp,
        bool_or(offered.provider = 'finnhub') over same_bar as in_finnhub,
        bool_or(offered.provider = 'yahoo') over same_bar as in_yahoo
    from offered
    inner join sessions
        on
            offered.session_date = sessions.session_date
            and offered.available_at <= sessions.decided_at
    window same_bar as (partition by offered.symbol, offered.session_date)
),

-- one provider's whole row, marked with how it came to be as traded: prices of two
-- providers or of two modes are never joined within a session
final as (
    select
        symbol,
        session_date,
        session_number,
        provider,
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume_shares,
        polygon_close_usd,
        fmp_close_usd,
        finnhub_close_usd,
        yahoo_close_usd,
        in_polygon,
        in_fmp,
        in_finnhub,
        in_yahoo,
        adjustment_mode,
        available_at,
        decided_at
    from on_time
    where close_usd is not null
    qualify
        row_number() over (
            partition by symbol, session_date
            order by provider_rank
        ) = 1
)

select * from final
