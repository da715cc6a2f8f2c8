with

source as (
    select *
    from {{ source('raw', 'mqp__headline_scores') }}
    where
        ledger_version <= (
            select context.ledger_version
            from {{ source('ops', 'build_context') }} as context
        )
),

renamed as (
    select
        -- ids
        headline_hash,
        method,

        -- numerics
        score as sentiment_score,

        -- provenance
        ledger_version
    from source
    qualify {{ is_newest_version(['headline_hash', 'method']) }}
)

select * from renamed
