with

closes as (
    select * from {{ ref('int_index_closes_reconciled') }}
),

pivoted as (
    select
        session_date,
        max(close_points) filter (where index_name = 'VIX9D') as vix9d,
        max(close_points) filter (where index_name = 'VIX') as vix,
        max(close_points) filter (where index_name = 'VIX3M') as vix3m,
        max(close_points) filter (where index_name = 'VIX6M') as vix6m,
        max(close_points) filter (where index_name = 'VVIX') as vvix,
        max(available_at) as available_at
    from closes
    group by session_date
),

-- two points make a term structure
final as (
    select
        session_date,
        vix9d,
        vix,
        vix3m,
        vix6m,
        vvix,
        vix / vix3m as vix_vix3m_ratio,
        case
            when {{ decisive('vix / vix3m') }} <= {{ var('contango_max_ratio') }}
                then 'contango'
            when {{ decisive('vix / vix3m') }} >= {{ var('backwardation_min_ratio') }}
                then 'backwardation'
            else 'flat'
        end as term_structure,
        available_at
    from pivoted
    where vix > 0 and vix3m > 0
)

select * from final
