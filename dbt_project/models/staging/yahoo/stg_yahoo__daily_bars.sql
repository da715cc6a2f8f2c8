with

source as not materialized (
    {{ as_of('yahoo__daily_bars', symbol='symbol', day='session_date') }}
),

newest as (
    {{ newest_versions('source', ['symbol', 'session_date']) }}
),

renamed as (
    select
        -- ids
        symbol,

        -- text
        adjustment_mode,

        -- numerics
        {{ finite('open') }} as open_usd,
        {{ finite('high') }} as high_usd,
        {{ finite('low') }} as low_usd,
        {{ finite('close') }} as close_usd,
        {{ finite('volume') }} as volume_shares,

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
