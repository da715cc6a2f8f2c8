-- Hours are made of the session's own 5-minute bars and begin at 09:30: a provider's
-- hour begins on the clock's hour and mixes in what was traded before the opening.
with

polygon_bars as (
    select * from {{ ref('stg_polygon__intraday_bars') }}
),

finnhub_bars as (
    select * from {{ ref('stg_finnhub__intraday_bars') }}
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
        'finnhub' as provider,
        *
    from finnhub_bars
),

-- One provider per session: volumes of two feeds do not add up. A bar known only after
-- its end (released from quarantine later) was not there to decide on; it stays out for
-- good, as in int_prices_reconciled.
chosen as (
    select
        offered.*,
        sessions.open_at,
        sessions.close_at,
        date_diff(
            'minute',
            sessions.open_at,
            offered.bar_end_at - interval 5 minute
        ) // 60 as hour_number
    from offered
    inner join sessions
        on
            offered.session_date = sessions.session_date
            and offered.available_at <= offered.bar_end_at
    qualify
        offered.provider_rank = min(offered.provider_rank) over (
            partition by offered.symbol, offered.session_date
        )
),

-- an hour without a trade in its last minutes is over no sooner for that
hours as (
    select
        symbol,
        '1h' as bar_interval,
        session_date,
        least(min(open_at) + to_hours(hour_number + 1), min(close_at)) as bar_end_at,
        arg_min(open_usd, bar_end_at) as open_usd,
        max(high_usd) as high_usd,
        min(low_usd) as low_usd,
        arg_max(close_usd, bar_end_at) as close_usd,
        sum(volume_shares::decimal(38, 6))::double as volume_shares,
        min(provider) as provider,
        min(adjustment_mode) as adjustment_mode,
        greatest(
            max(available_at),
            least(min(open_at) + to_hours(hour_number + 1), min(close_at))
        ) as available_at
    from chosen
    group by symbol, session_date, hour_number
),

final as (
    select
        symbol,
        bar_interval,
        session_date,
        bar_end_at,
        open_usd,
        high_usd,
        low_usd,
        close_usd,
        volume_shares,
        provider,
        adjustment_mode,
        available_at
    from chosen
    union all by name
    select * from hours
)

select * from final
