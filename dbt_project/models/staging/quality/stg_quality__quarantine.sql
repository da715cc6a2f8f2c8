with

context as (
    select
        as_of_at,
        recorded_at,
        ledger_version
    from {{ source('ops', 'build_context') }}
),

source as (
    select
        quarantine.*,
        -- what was found in old rows counts from their own session's decision on; a
        -- release is an event of its own, known when it happens
        coalesce(
            quarantine.released_at,
            least(
                quarantine.decided_at,
                (quarantine.first_date + time '{{ var('decision_time') }}')
                at time zone 'America/New_York'
            )
        ) as available_at
    from {{ source('quality', 'quarantine') }} as quarantine
    inner join context
        on
            quarantine.ledger_version <= context.ledger_version
            and quarantine.decided_at <= context.recorded_at
),

renamed as (
    select
        -- ids
        dataset,
        symbol,

        -- text
        case when released_at is null then 'quarantined' else 'released' end as event,
        coalesce(release_reason, reason) as reason,

        -- dates
        first_date,
        last_date,

        -- timestamps: when the night's gate wrote it down
        coalesce(released_at, decided_at) as recorded_at,

        -- provenance
        available_at,
        ledger_version
    from source
    where available_at <= (select context.as_of_at from context)
)

select * from renamed
