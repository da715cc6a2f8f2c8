-- With a usable bar a symbol decides.
with

prices as (
    select * from {{ ref('int_prices_reconciled') }}
),

missing_bars as (
    select * from {{ ref('int_missing_bars_frozen') }}
),

quarantined as (
    select * from {{ ref('int_sessions_quarantined') }}
),

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

-- a new segment begins after an end: what was held is gone by then
segments as (
    select
        symbol,
        row_number() over ends as segment,
        session_date as after_date,
        lead(session_date, 1, date '9999-12-31') over ends as until_date
    from missing_bars
    where is_ended
    window ends as (partition by symbol order by session_date)
),

spanned as (
    select
        prices.symbol,
        prices.session_date,
        false as is_ended,
        quarantined.freeze_reason,
        prices.available_at as bar_available_at
    from prices
    left join quarantined
        on
            prices.symbol = quarantined.symbol
            and prices.session_date = quarantined.session_date
    union all by name
    select * from missing_bars
),

final as (
    select
        spanned.symbol,
        spanned.session_date,
        sessions.session_number,
        coalesce(segments.segment, 0)::integer as segment,
        spanned.freeze_reason is null as is_decided,
        spanned.is_ended,
        spanned.freeze_reason,
        spanned.bar_available_at,
        sessions.next_session_date as effective_session,
        sessions.decided_at
    from spanned
    inner join sessions
        on spanned.session_date = sessions.session_date
    left join segments
        on
            spanned.symbol = segments.symbol
            and spanned.session_date > segments.after_date
            and spanned.session_date <= segments.until_date
)

select * from final
