with

source as (
    {{ as_of('yahoo__daily_bars', symbol='symbol', day='session_date') }}
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
    from source
    qualify {{ is_newest_version(['symbol', 'session_date']) }}
)

select * from renamed
