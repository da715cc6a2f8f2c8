with

gathered as (
    select * from {{ ref('int_corporate_actions_gathered') }}
),

chosen as (
    select *
    from gathered
    qualify
        row_number() over (
            partition by kind, symbol, effective_date
            order by provider_rank
        ) = 1
),

-- the same action, dated differently by another provider: whichever was effective first
-- counts, so that a later row never takes back an earlier one
repeated as (
    select chosen.*
    from chosen
    inner join gathered as earlier
        on
            chosen.kind = earlier.kind
            and chosen.symbol = earlier.symbol
            and chosen.provider_rank <> earlier.provider_rank
            and abs(earlier.amount - chosen.amount)
            <= {{ var('action_same_amount_fraction') }} * chosen.amount
            and chosen.effective_date > earlier.effective_date
            and chosen.effective_date
            <= earlier.effective_date + {{ var('action_duplicate_days') }}
),

final as (
    select
        chosen.kind,
        chosen.symbol,
        chosen.effective_date,
        chosen.amount,
        ['polygon', 'fmp', 'finnhub', 'yahoo'][chosen.provider_rank] as provider,
        chosen.available_at
    from chosen
    anti join repeated
        on
            chosen.kind = repeated.kind
            and chosen.symbol = repeated.symbol
            and chosen.effective_date = repeated.effective_date
)

select * from final
