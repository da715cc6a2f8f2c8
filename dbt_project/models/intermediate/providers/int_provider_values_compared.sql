with

told as (
    select * from {{ ref('int_provider_values_gathered') }}
),

paired as (
    select
        chosen.dataset,
        chosen.symbol,
        chosen.session_date,
        chosen.field,
        chosen.provider as chosen_provider,
        chosen.provider_rank,
        chosen.told_value as chosen_value,
        other.provider as other_provider,
        other.told_value as other_value,
        greatest(chosen.told_at, other.told_at) as available_at
    from told as chosen
    inner join told as other
        on
            chosen.dataset = other.dataset
            and chosen.symbol = other.symbol
            and chosen.session_date = other.session_date
            and chosen.field = other.field
            and chosen.provider <> other.provider
    where chosen.is_choosable
),

-- Chosen is the first in rank of those known when the two could be compared: a provider
-- that speaks later makes rows of its own and takes none away.
final as (
    select
        paired.dataset,
        paired.symbol,
        paired.session_date,
        paired.field,
        paired.chosen_provider,
        paired.chosen_value,
        paired.other_provider,
        paired.other_value,
        paired.available_at
    from paired
    anti join told as better
        on
            paired.dataset = better.dataset
            and paired.symbol = better.symbol
            and paired.session_date = better.session_date
            and paired.field = better.field
            and better.is_choosable
            and paired.provider_rank > better.provider_rank
            and paired.available_at >= better.told_at
)

select * from final
