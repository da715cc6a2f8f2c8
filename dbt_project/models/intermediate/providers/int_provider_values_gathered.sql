{% set fact = 'dataset, symbol, session_date, field' %}

with

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

closes as (
    select
        'volatility_indexes' as dataset,
        offered.index_name as symbol,
        offered.session_date,
        'close_points' as field,
        if(offered.source = 'fred', 'fred', 'cboe_' || offered.source) as provider,
        offered.source_rank as provider_rank,
        offered.close_points as told_value,
        -- FRED's copy always comes later, and fills holes all the same
        offered.source = 'fred'
        or offered.available_at <= sessions.decided_at as is_choosable,
        offered.available_at as told_at
    from {{ ref('int_index_closes_gathered') }} as offered
    inner join sessions
        on offered.session_date = sessions.session_date
),

-- each provider's as first known: later versions of a vintage rewrite nothing
bills as (
    select
        'bill_rate' as dataset,
        '{{ var('bill_series') }}' as symbol,
        observed_date as session_date,
        'bill_3m_pct' as field,
        provider,
        provider_rank,
        bill_3m_pct as told_value,
        true as is_choosable,
        available_at as told_at
    from {{ ref('int_bills_gathered') }}
    qualify
        row_number() over (
            partition by provider, observed_date
            order by available_at, ledger_version
        ) = 1
),

actions as (
    select
        kind || 's' as dataset,
        symbol,
        effective_date as session_date,
        if(kind = 'split', 'split_ratio', 'dividend_usd') as field,
        ['polygon', 'fmp', 'finnhub', 'yahoo'][provider_rank] as provider,
        provider_rank,
        amount as told_value,
        true as is_choosable,
        available_at as told_at
    from {{ ref('int_corporate_actions_gathered') }}
),

told as (
    select
        'daily_bars' as dataset,
        * exclude (available_at)
    from {{ ref('int_shared_bars_unpivoted') }}
    {% for source in ['closes', 'bills', 'actions'] %}
        union all by name
        select * from {{ source }}
    {% endfor %}
),

final as (
    select
        *,
        {{ comparable_at('told_at', fact) }} as available_at
    from told
    where told_value is not null
    qualify count(*) over (partition by {{ fact }}) > 1
)

select * from final
