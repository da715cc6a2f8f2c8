-- No walk over bars: of each side the latest entry of the session against the latest
-- bar that ends such a position. A long entry lies below the middle band and a short
-- one above it, so that an entry ends the other side, and no bar enters what it ends. A
-- session begins flat, whatever bars the one before lacked at its end.
with

conditions as (
    select * from {{ ref('int_intraday_conditions_tested') }}
),

latest as (
    select
        *,
        max(bar_end_at) filter (where entry_side = 1) over so_far as long_from_at,
        max(bar_end_at) filter (where decisive_distance >= 0 or is_closing) over so_far
            as long_until_at,
        max(bar_end_at) filter (where entry_side = -1) over so_far as short_from_at,
        max(bar_end_at) filter (where decisive_distance <= 0 or is_closing) over so_far
            as short_until_at
    from conditions
    window so_far as (
        partition by variant, symbol, session_date
        order by bar_end_at
        rows between unbounded preceding and current row
    )
),

positions as (
    select
        *,
        case
            when long_from_at > coalesce(long_until_at, '-infinity') then 1
            when short_from_at > coalesce(short_until_at, '-infinity') then -1
            else 0
        end as position
    from latest
),

final as (
    select
        * exclude (long_from_at, long_until_at, short_from_at, short_until_at),
        lag(position, 1, 0) over lanes as previous_position
    from positions
    window lanes as (
        partition by variant, symbol, session_date
        order by bar_end_at
    )
)

select * from final
