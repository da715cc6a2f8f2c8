-- What each session's decision knew of each figure, from the first provider in rank
-- that has one. A yield is carried on by the price since its period ended, splits
-- undone in both prices.
with

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

figures as (
    select * from {{ ref('int_fundamentals_known') }}
),

lanes as (
    select distinct
        symbol,
        metric,
        provider
    from figures
),

spanned as (
    select
        lanes.*,
        prices.session_date,
        prices.split_adjusted_close_usd,
        prices.decided_at
    from lanes
    inner join prices
        on lanes.symbol = prices.symbol
),

joined as (
    select
        spanned.*,
        figures.provider_rank,
        figures.period_end_date,
        figures.value_fraction
        * case figures.metric
            when 'earnings_yield'
                then figures.period_close_usd / spanned.split_adjusted_close_usd
            else 1.0
        end as carried_fraction,
        figures.available_at
    from spanned
    asof join figures
        on
            spanned.symbol = figures.symbol
            and spanned.metric = figures.metric
            and spanned.provider = figures.provider
            and spanned.decided_at >= figures.available_at
),

final as (
    select
        symbol,
        session_date,
        metric,
        carried_fraction as value_fraction,
        provider,
        period_end_date,
        available_at,
        decided_at
    from joined
    where
        carried_fraction is not null
        and session_date - period_end_date <= {{ var('fundamentals_max_age_days') }}
    qualify
        row_number() over (
            partition by symbol, session_date, metric
            order by provider_rank
        ) = 1
)

select * from final
