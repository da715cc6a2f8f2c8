with

source as (
    select *
    from {{ source('ops', 'exchange_sessions') }}
    where
        decided_at <= (
            select context.as_of_at
            from {{ source('ops', 'build_context') }} as context
        )
),

renamed as (
    select
        -- numerics
        session_number,

        -- dates
        session_date,
        previous_session_date,
        next_session_date,

        -- timestamps
        open_at,
        close_at,
        news_cutoff_at,
        bar_available_at,
        decided_at
    from source
)

select * from renamed
