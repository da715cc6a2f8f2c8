with

term_structure as (
    select * from {{ ref('int_term_structure_measured') }}
),

final as (
    select
        session_date,
        vix9d,
        vix,
        vix3m,
        vix6m,
        vvix,
        vix_vix3m_ratio,
        term_structure,
        available_at
    from term_structure
)

select * from final
