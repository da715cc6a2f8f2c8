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

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

-- FRED's copy of the VIX as first known: later versions of a vintage rewrite nothing
copies as (
    select
        'VIX' as index_name,
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
offered as (
    select
        1 as source_rank,
        'file' as source,
        *
    from files
    union all by name
    select
        2 as source_rank,
        'quote' as source,
        *
    from quotes
    union all by name
    select
        3 as source_rank,
        'fred' as source,
        *
    from copies
),

-- Like bars: a close of the exchange known only after its session's decision stays out.
-- FRED's copy always comes later, so it fills a hole with its own moment, and whoever
-- decides on a session compares that moment with the decision.
on_time as (
    select
        offered.*,
        max(offered.close_points) filter (where offered.source = 'file')
            over same_close as file_close_points,
        max(offered.close_points) filter (where offered.source = 'quote')
            over same_close as quote_close_points
    from offered
    inner join sessions
        on
            offered.session_date = sessions.session_date
            and (
                offered.available_at <= sessions.decided_at
                or offered.source = 'fred'
            )
    window same_close as (partition by offered.index_name, offered.session_date)
),

final as (
    select
        index_name,
        session_date,
        source,
        close_points,
        file_close_points,
        quote_close_points,
        available_at
    from on_time
    where close_points is not null
    qualify
        row_number() over (
            partition by index_name, session_date
            order by source_rank
        ) = 1
)

select * from final
