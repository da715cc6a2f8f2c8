{% set ratio = decisive('conditions.vix_vix3m_ratio') %}

with

conditions as (
    select * from {{ ref('int_volatility_conditions_tested') }}
),

variants as (
    select * from {{ ref('volatility_variants') }}
),

judged as (
    select
        conditions.*,
        variants.*,
        coalesce(
            case
                when not conditions.is_valid then false
                when conditions.symbol = '{{ var('short_volatility_fund') }}'
                    then
                        variants.holds in ('contango', 'both')
                        and {{ ratio }} <= variants.contango_max_ratio
                        and {{ decisive('conditions.vix') }} <= variants.vix_cap
                else
                    variants.holds in ('backwardation', 'both')
                    and {{ ratio }} >= variants.backwardation_min_ratio
            end,
            false
        ) as is_wanted
    from conditions
    cross join variants
),

final as (
    select
        *,
        case when is_ended then false when is_decided then is_wanted end::integer
            as wanted_signal
    from judged
)

select * from final
