{% set bars = {
    'polygon': 'stg_polygon__daily_bars',
    'fmp': 'stg_fmp__daily_prices',
    'finnhub': 'stg_finnhub__daily_candles',
    'yahoo': 'stg_yahoo__daily_bars',
} %}
{% set providers = bars | list %}

with

{% for provider in providers %}
    {{ provider }}_bars as (
        select * from {{ ref(bars[provider]) }}
    ),
{% endfor %}

sessions as (
    select * from {{ ref('stg_exchange__sessions') }}
),

-- A bar known only after its session's decision (released from quarantine later) was
-- not there to decide on. It stays out for good: letting it in later would rewrite what
-- was decided without it.
{% for provider in providers %}
    {{ provider }} as (
        select {{ provider }}_bars.*
        from {{ provider }}_bars
        inner join sessions
            on
                {{ provider }}_bars.session_date = sessions.session_date
                and {{ provider }}_bars.available_at <= sessions.decided_at
    ),
{% endfor %}

-- one provider's whole row, marked with how it came to be as traded: prices of two
-- providers or of two modes are never joined within a session
chosen as (
    select
        symbol,
        session_date,
        {% for column in [
            'open_usd', 'high_usd', 'low_usd', 'close_usd', 'volume_shares',
            'adjustment_mode', 'available_at'
        ] %}
            case
                {% for provider in providers %}
                    when {{ provider }}.close_usd is not null
                        then {{ provider }}.{{ column }}
                {% endfor %}
            end as {{ column }},
        {% endfor %}
        {% for provider in providers %}
            {{ provider }}.close_usd as {{ provider }}_close_usd,
            {{ provider }}.available_at is not null as in_{{ provider }},
        {% endfor %}
        case
            {% for provider in providers %}
                when {{ provider }}.close_usd is not null then '{{ provider }}'
            {% endfor %}
        end as provider
    from polygon
    {% for provider in providers[1:] %}
        -- `using`, because the key is that of whichever side has the bar
        full join {{ provider }} using (symbol, session_date) -- noqa: ST07
    {% endfor %}
),

final as (
    select
        chosen.*,
        sessions.session_number,
        sessions.decided_at
    from chosen
    inner join sessions
        on chosen.session_date = sessions.session_date
    where chosen.close_usd is not null
)

select * from final
