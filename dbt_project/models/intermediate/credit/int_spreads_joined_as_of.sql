-- What a decision knows about spreads: OAS while it is recent, else the price proxy.
with

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

spreads as (
    select
        *,
        session_date as observed_date,
        session_number as observed_number
    from {{ ref('int_spreads_measured') }}
),

sources as (
    select unnest(['oas', 'price_proxy']) as spread_source
),

asked as (
    select
        sessions.session_date,
        sessions.session_number,
        sessions.decided_at,
        sources.spread_source
    from sessions
    cross join sources
),

final as (
    select
        asked.session_date,
        asked.spread_source,
        spreads.observed_date,
        asked.session_number - spreads.observed_number as age_sessions,
        spreads.hy_ig_spread_pct,
        spreads.spread_zscore,
        spreads.hy_oas_percentile,
        spreads.credit_stress,
        spreads.available_at,
        asked.decided_at
    from asked
    asof join spreads
        on
            asked.spread_source = spreads.spread_source
            and asked.decided_at >= spreads.available_at
    where
        asked.session_number - spreads.observed_number
        <= {{ var('spread_max_age_sessions') }}
        {% if var('is_oas_disabled') %}
            and asked.spread_source <> 'oas'
        {% endif %}
    -- alphabetical order is the order of preference: oas, price_proxy
    qualify
        row_number() over (
            partition by asked.session_date
            order by asked.spread_source
        ) = 1
)

select * from final
