with

source as not materialized (
    {{ as_of('cboe__delayed_quotes', symbol='index_name', day='session_date') }}
),

newest as (
    {{ newest_versions('source', ['index_name', 'session_date']) }}
),

renamed as (
    select
        -- ids
        index_name,

        -- numerics
        {{ finite('open') }} as open_points,
        {{ finite('high') }} as high_points,
        {{ finite('low') }} as low_points,
        {{ finite('close') }} as close_points,

        -- dates
        session_date,

        -- provenance
        available_at,
        fetched_at,
        ledger_version,
        response_hash
    from newest
)

select * from renamed
