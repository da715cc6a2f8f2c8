with

inputs as (
    select
        *,
        {{ decisive('rsi_14') }} as decisive_rsi,
        {{ decisive('band_distance') }} as decisive_distance
    from {{ ref('int_intraday_inputs_joined') }}
),

variants as (
    select * from {{ ref('intraday_variants') }}
),

-- %K crosses %D when it lies beyond it now and did not in the bar before
final as (
    select
        inputs.*,
        variants.variant,
        variants.style,
        variants.rsi_low,
        variants.rsi_high,
        variants.band_deviations,
        case
            when inputs.is_closing then 0
            when
                inputs.decisive_rsi < variants.rsi_low
                and inputs.decisive_distance <= -variants.band_deviations
                and inputs.stochastic_side = 1
                and inputs.previous_stochastic_side < 1
                then 1
            when
                inputs.decisive_rsi > variants.rsi_high
                and inputs.decisive_distance >= variants.band_deviations
                and inputs.stochastic_side = -1
                and inputs.previous_stochastic_side > -1
                then -1
            else 0
        end as entry_side
    from inputs
    inner join variants
        on inputs.bar_interval = variants.bar_interval
)

select * from final
