with

source as (
    select *
    from {{ source('ops', 'universe_members') }}
),

renamed as (
    select
        -- ids
        symbol,

        -- dates: an open end counts for ever
        coalesce(from_date, date '1900-01-01') as from_date,
        coalesce(to_date, date '9999-12-31') as to_date
    from source
)

select * from renamed
