{#
    The parts of an equity signal's reason, over the columns of int_equity_signals_explained.
    Macros and not columns: each row is spelled only what it says.
#}
{% macro equity_measures() -%}
    printf(
        'close %.2f, sma20 %.2f, sma50 %.2f, rsi14 %.1f, sentiment %.3f',
        adjusted_close_usd, sma_20_usd, sma_50_usd, rsi_14, sentiment_3d
    )
{%- endmacro %}


{% macro equity_entry() -%}
    'entered ' || entry_session_date::varchar || printf(' at %.2f', entry_close_usd)
{%- endmacro %}


{% macro equity_threshold() -%}
    case exit_reason
        when 'stop' then printf(' (stop at %.2f of it)', stop_fraction)
        when 'sentiment' then printf(' (at most %.3f)', exit_sentiment)
        when 'rsi' then printf(' (above %.1f)', rsi_high)
        else ''
    end
{%- endmacro %}


{% macro equity_weighting() -%}
    printf(
        '; weight 1/%d, overlay %.2f, throttle %.1f', member_count, credit_overlay, vix_throttle
    )
{%- endmacro %}
