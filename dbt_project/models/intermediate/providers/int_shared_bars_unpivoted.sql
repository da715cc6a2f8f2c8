{% set bars = {
    'polygon': 'stg_polygon__daily_bars',
    'fmp': 'stg_fmp__daily_prices',
    'finnhub': 'stg_finnhub__daily_candles',
    'yahoo': 'stg_yahoo__daily_bars',
} %}

with

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

bars as (
    {% for provider, model in bars.items() %}
        select
            '{{ provider }}' as provider,
            {{ loop.index }} as provider_rank,
            symbol,
            session_date,
            open_usd,
            high_usd,
            low_usd,
            close_usd,
            volume_shares,
            available_at
        from {{ ref(model) }}
        where close_usd is not null
        {{ 'union all by name' if not loop.last }}
    {% endfor %}
),

-- known after its session's decision a bar was not there to be chosen, and never will
-- be: see int_prices_reconciled
shared as (
    select
        bars.* exclude (available_at),
        bars.available_at <= sessions.decided_at as is_choosable,
        bars.available_at as told_at,
        {{ comparable_at('bars.available_at', 'bars.symbol, bars.session_date') }}
            as available_at
    from bars
    inner join sessions
        on bars.session_date = sessions.session_date
    qualify count(*) over (partition by bars.symbol, bars.session_date) > 1
),

final as (
    unpivot shared
    on open_usd, high_usd, low_usd, close_usd, volume_shares
    into name field value told_value
)

select * from final
