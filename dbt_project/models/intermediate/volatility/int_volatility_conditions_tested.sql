with

spanned as (
    select
        * exclude (is_decided, freeze_reason),
        freeze_reason as bar_freeze_reason
    from {{ ref('int_symbol_sessions_spanned') }}
    where
        symbol in (
            '{{ var('short_volatility_fund') }}', '{{ var('long_volatility_fund') }}'
        )
),

term_structure as (
    select * from {{ ref('int_term_structure_measured') }}
),

quarantined as (
    select * from {{ ref('int_sessions_quarantined') }}
),

leverage as (
    select * from {{ ref('int_fund_leverage') }}
),

validity as (
    select * from {{ ref('instrument_validity') }}
),

measured as (
    select
        spanned.*,
        coalesce(
            spanned.bar_freeze_reason, vix.freeze_reason, vix3m.freeze_reason
        ) as freeze_reason,
        term_structure.vix,
        term_structure.vix_vix3m_ratio,
        -- leverage and existence as of the fill
        {{ var('volatility_weight') }} / abs(coalesce(leverage.leverage, 1.0))
            as full_weight,
        spanned.symbol not in (select validity.symbol from validity)
        or exists (
            select 1
            from validity
            where
                validity.symbol = spanned.symbol
                and spanned.effective_session >= validity.valid_from
                and spanned.effective_session
                <= coalesce(validity.valid_to, date '9999-12-31')
        ) as is_valid,
        greatest(spanned.bar_available_at, term_structure.available_at) as available_at
    from spanned
    left join term_structure
        on
            spanned.session_date = term_structure.session_date
            -- a curve completed from FRED's copy was not there to decide on
            and spanned.decided_at >= term_structure.available_at
    left join quarantined as vix
        on spanned.session_date = vix.session_date and vix.symbol = 'VIX'
    left join quarantined as vix3m
        on spanned.session_date = vix3m.session_date and vix3m.symbol = 'VIX3M'
    left join leverage
        on
            spanned.symbol = leverage.symbol
            and spanned.effective_session = leverage.session_date
),

-- the strategy begins where the curve and one of its funds can be known
final as (
    select
        * exclude (available_at),
        freeze_reason is null as is_decided,
        case when freeze_reason is null then available_at end as inputs_available_at
    from measured
    qualify
        session_date >= min(session_date) filter (
            where freeze_reason is null and vix_vix3m_ratio is not null
        ) over ()
)

select * from final
