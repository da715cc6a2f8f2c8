with

compared as (
    select * from {{ ref('int_provider_values_compared') }}
),

fields as (
    select * from {{ ref('provider_fields') }}
),

-- undoing a vendor's splits leaves float noise, which is no difference
differing as (
    select
        compared.*,
        compared.other_value - compared.chosen_value as difference,
        (compared.other_value - compared.chosen_value)
        / nullif(abs(compared.chosen_value), 0) as difference_fraction,
        fields.unit,
        fields.tolerance,
        fields.tolerance_measure,
        fields.choice_rule
    from compared
    inner join fields
        on
            compared.dataset = fields.dataset
            and compared.field = fields.field
    where
        abs(compared.other_value - compared.chosen_value)
        > {{ var('same_value_fraction') }} * abs(compared.chosen_value)
),

final as (
    select
        dataset,
        symbol,
        session_date,
        field,
        unit,
        chosen_provider,
        chosen_value,
        other_provider,
        other_value,
        difference,
        difference_fraction,
        tolerance,
        tolerance_measure,
        -- of nothing, anything is beyond every fraction
        coalesce(
            case tolerance_measure
                when 'unit' then {{ decisive('abs(difference)') }}
                else {{ decisive('abs(difference_fraction)') }}
            end > tolerance,
            true
        ) as is_beyond_tolerance,
        choice_rule,
        available_at
    from differing
)

select * from final
