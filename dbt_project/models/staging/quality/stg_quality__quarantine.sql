with

source as (
    select *
    from {{ source('quality', 'quarantine') }}
    where
        coalesce(released_at, decided_at) <= (
            select context.as_of_at
            from {{ source('ops', 'build_context') }} as context
        )
        and ledger_version <= (
            select context.ledger_version
            from {{ source('ops', 'build_context') }} as context
        )
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

        -- timestamps: a release is an event of its own, known when it happens
        coalesce(released_at, decided_at) as available_at,

        -- provenance
        ledger_version
    from source
)

select * from renamed
