with

files as (
    select * from {{ ref('stg_cboe__index_history') }}
),

quotes as (
    select * from {{ ref('stg_cboe__delayed_quotes') }}
),

observations as (
    select * from {{ ref('stg_fred__observations') }}
),

-- FRED's copy of the VIX as first known: later versions of a vintage rewrite nothing
copies as (
    select
        observed_date as session_date,
        value_in_unit as close_points,
        available_at
    from observations
    where series_id = '{{ var('vix_series') }}'
    qualify
        row_number() over (
            partition by observed_date
            order by available_at, ledger_version
        ) = 1
),

-- the exchange's file replaces the quote of the session just closed
final as (
    select
        1 as source_rank,
        'file' as source,
        index_name,
        session_date,
        close_points,
        available_at
    from files
    union all by name
    select
        2 as source_rank,
        'quote' as source,
        index_name,
        session_date,
        close_points,
        available_at
    from quotes
    union all by name
    select
        3 as source_rank,
        'fred' as source,
        'VIX' as index_name,
        session_date,
        close_points,
        available_at
    from copies
)

select * from final
