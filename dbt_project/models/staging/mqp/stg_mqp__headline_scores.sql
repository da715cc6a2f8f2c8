with

source as not materialized (
    select *
    from {{ source('raw', 'mqp__headline_scores') }}
    where
        ledger_version <= (
            select context.ledger_version
            from {{ source('ops', 'build_context') }} as context
        )
),

newest as (
    {{ newest_versions('source', ['headline_hash', 'method']) }}
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
    from newest
)

select * from renamed
