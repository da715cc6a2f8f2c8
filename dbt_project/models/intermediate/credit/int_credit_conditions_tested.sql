with

spanned as (
    select * from {{ ref('int_credit_pair_spanned') }}
),

spreads as (
    select * from {{ ref('int_spreads_joined_as_of') }}
),

momentum as (
    select * from {{ ref('int_credit_momentum_measured') }}
),

variants as (
    select * exclude (momentum_sessions) from {{ ref('credit_variants') }}
),

joined as (
    select
        spanned.*,
        variants.*,
        spreads.spread_source,
        spreads.observed_date,
        spreads.spread_zscore,
        spreads.hy_oas_percentile,
        momentum.momentum_return,
        variants.upper_percentile is not null as is_gated,
        {{ decisive('spreads.spread_zscore') }} as zscore,
        {{ decisive('spreads.hy_oas_percentile') }} as percentile,
        greatest(spreads.available_at, momentum.available_at) as available_at
    from spanned
    cross join variants
    left join spreads
        on
            spanned.session_date = spreads.session_date
            and variants.rule = 'zscore'
    left join momentum
        on
            spanned.session_date = momentum.session_date
            and variants.variant = momentum.variant
),

final as (
    select
        * exclude (zscore, percentile, available_at),
        sign(coalesce(zscore, {{ decisive('momentum_return') }}))::integer as side,
        coalesce(
            case
                when rule = 'momentum_ratio' then true
                when zscore > entry_zscore
                    then not is_gated or percentile >= upper_percentile
                when zscore < -entry_zscore
                    then not is_gated or percentile <= lower_percentile
            end,
            false
        ) as is_entry,
        case when is_decided then available_at end as inputs_available_at
    from joined
)

select * from final
