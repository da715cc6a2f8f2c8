with

quarantined as (
    select * from {{ ref('stg_quality__quarantine') }}
    where event = 'quarantined'
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
    group by quarantined.symbol, sessions.session_date
)

select * from final
