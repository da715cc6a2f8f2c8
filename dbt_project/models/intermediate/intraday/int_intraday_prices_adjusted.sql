-- Bars in units of the first session's share: splits carried forward, each from the
-- bars of its execution date on, so that a split between two sessions is no fall of the
-- price. Dividends are left out: nothing is held overnight, and what a dividend is
-- worth depends on its session's close, which no bar before the last one knows.
with

bars as (
    select * from {{ ref('int_intraday_bars_reconciled') }}
),

splits as (
    select * from {{ ref('int_corporate_actions_reconciled') }}
    where kind = 'split'
),

spanned as (
    select
        symbol,
        session_date,
        min(session_date) over (partition by symbol) as first_session_date
    from bars
    group by symbol, session_date
),

factors as (
    select
        spanned.symbol,
        spanned.session_date,
        product(splits.amount order by splits.effective_date) as split_factor
    from spanned
    inner join splits
        on
            spanned.symbol = splits.symbol
            and spanned.first_session_date < splits.effective_date
            and spanned.session_date >= splits.effective_date
    group by spanned.symbol, spanned.session_date
),

joined as (
    select
        bars.*,
        coalesce(factors.split_factor, 1.0) as split_factor,
        row_number() over (
            partition by bars.symbol, bars.bar_interval
            order by bars.bar_end_at
        ) as bar_number
    from bars
    left join factors
        on
            bars.symbol = factors.symbol
            and bars.session_date = factors.session_date
),

final as (
    select
        symbol,
        bar_interval,
        session_date,
        bar_end_at,
        bar_number,
        open_usd,
        close_usd,
        split_factor,
        open_usd * split_factor as split_adjusted_open_usd,
        high_usd * split_factor as split_adjusted_high_usd,
        low_usd * split_factor as split_adjusted_low_usd,
        close_usd * split_factor as split_adjusted_close_usd,
        available_at
    from joined
)

select * from final
