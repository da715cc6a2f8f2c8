with

files as (
    select * from {{ ref('stg_cboe__index_history') }}
),

quotes as (
    select * from {{ ref('stg_cboe__delayed_quotes') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
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
),

-- like bars: a close known only after its session's decision stays out
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
            and offered.available_at <= sessions.decided_at
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
