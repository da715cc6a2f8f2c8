with

offered as (
    select * from {{ ref('int_index_closes_gathered') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
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
