-- The newest fiscal period known from each moment on, in its newest version, with the
-- last close known when it ended (a snapshot: when it was taken), so that prices alone
-- carry a yield on: vendors' per-share figures stand on split bases of their own.
with

figures as (
    select * from {{ ref('int_fundamentals_gathered') }}
),

prices as (
    select * from {{ ref('int_prices_adjusted') }}
),

ended as (
    select
        *,
        least(
            available_at,
            (period_end_date + 1)::timestamp at time zone 'America/New_York'
        ) as ended_at
    from figures
),

closed as (
    select
        ended.*,
        case
            when
                ended.period_end_date - prices.session_date
                <= {{ var('period_close_max_age_days') }}
                then prices.split_adjusted_close_usd
        end as period_close_usd
    from ended
    asof left join prices
        on
            ended.symbol = prices.symbol
            and ended.ended_at >= prices.available_at
),

-- a late version of an old period is not the newest period
newest as (
    select
        symbol,
        metric,
        provider,
        provider_rank,
        max({
            'period_end_date': period_end_date,
            'ledger_version': ledger_version,
            'value_fraction': value_fraction,
            'period_close_usd': period_close_usd
        }) over (
            partition by symbol, metric, provider
            order by available_at, period_end_date, ledger_version
            rows between unbounded preceding and current row
        ) as figure,
        available_at
    from closed
    qualify
        row_number() over (
            partition by symbol, metric, provider, available_at
            order by period_end_date desc, ledger_version desc
        ) = 1
),

final as (
    select
        symbol,
        metric,
        provider,
        provider_rank,
        figure.period_end_date,
        figure.ledger_version,
        figure.value_fraction,
        figure.period_close_usd,
        available_at
    from newest
)

select * from final
