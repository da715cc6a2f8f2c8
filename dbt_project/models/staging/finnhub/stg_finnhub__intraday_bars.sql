with

source as not materialized (
    {{ as_of(
        'finnhub__intraday_bars',
        symbol='symbol',
        day="(bar_end_at at time zone 'America/New_York')::date",
        key=['bar_interval', 'bar_end_at']
    ) }}
),

newest as (
    {{ newest_versions('source', ['symbol', 'bar_interval', 'bar_end_at']) }}
),

renamed as (
    select
        -- ids
        symbol,

        -- text
        bar_interval,
        adjustment_mode,

        -- numerics
        {{ finite('open') }} as open_usd,
        {{ finite('high') }} as high_usd,
        {{ finite('low') }} as low_usd,
        {{ finite('close') }} as close_usd,
        {{ finite('volume') }} as volume_shares,

        -- dates
        (bar_end_at at time zone 'America/New_York')::date as session_date,

        -- timestamps
        bar_end_at,

        -- provenance
        available_at,
        fetched_at,
        ledger_version,
        response_hash
    from newest
)

select * from renamed
