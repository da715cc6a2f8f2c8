-- What a decision at the end of a bar looks at, of those bars on which one is taken.
with

indicators as (
    select * from {{ ref('int_intraday_indicators_measured') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

quarantined as (
    select * from {{ ref('stg_quality__quarantine') }}
    where event = 'quarantined' and dataset like '%intraday_bars'
),

compared as (
    select
        *,
        sign({{ decisive('stochastic_k') }} - {{ decisive('stochastic_d') }})::integer
            as stochastic_side,
        case bar_interval when '5m' then 5 when '1h' then 60 end as bar_minutes
    from indicators
),

-- When the session's last bar begins is known from the exchange's calendar, never from
-- the bars: who looks for the last of them in the data looks ahead.
timed as (
    select
        compared.*,
        lag(compared.stochastic_side) over bars as previous_stochastic_side,
        sessions.open_at
        + to_minutes(
            compared.bar_minutes * (
                (date_diff('minute', sessions.open_at, sessions.close_at) - 1)
                // compared.bar_minutes
            )
        ) as last_bar_start_at
    from compared
    inner join sessions
        on compared.session_date = sessions.session_date
    window bars as (
        partition by compared.symbol, compared.bar_interval
        order by compared.bar_end_at
    )
),

-- decisions begin with the first bar that has every input, and rest on sessions of
-- which the gate withheld bars
final as (
    select
        timed.*,
        timed.bar_end_at >= timed.last_bar_start_at as is_closing
    from timed
    anti join quarantined
        on
            timed.symbol = quarantined.symbol
            and timed.session_date
            between quarantined.first_date and quarantined.last_date
    qualify
        timed.bar_end_at >= min(timed.bar_end_at) filter (
            where timed.rsi_14 + timed.band_distance is not null
            and timed.stochastic_side + timed.previous_stochastic_side is not null
        ) over (partition by timed.symbol, timed.bar_interval)
)

select * from final
