with

quarantined as (
    select * from {{ ref('stg_quality__quarantine') }}
    -- no decision of a session reads intraday bars
    where event = 'quarantined' and dataset not like '%intraday_bars'
),

released as (
    select * from {{ ref('stg_quality__quarantine') }}
    where event = 'released'
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

final as (
    select
        quarantined.symbol,
        sessions.session_date,
        'quarantined: '
        || min(quarantined.dataset || ': ' || quarantined.reason) as freeze_reason
    from quarantined
    inner join sessions
        on
            sessions.session_date between quarantined.first_date
            and quarantined.last_date
    -- a release counts for decisions from its own moment on, that moment included (a
    -- corrected second attempt of the night)
    where
        not exists (
            select 1
            from released
            where
                quarantined.dataset = released.dataset
                and quarantined.symbol = released.symbol
                and quarantined.first_date = released.first_date
                and quarantined.last_date = released.last_date
                and quarantined.ledger_version <= released.ledger_version
                and quarantined.recorded_at <= released.recorded_at
                and sessions.decided_at >= released.available_at
        )
    group by quarantined.symbol, sessions.session_date
)

select * from final
