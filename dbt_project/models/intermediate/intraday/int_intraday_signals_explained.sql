with

positions as (
    select * from {{ ref('int_intraday_positions_held') }}
),

described as (
    select
        *,
        printf('rsi14 %.1f, distance %+.2f, ', rsi_14, band_distance)
        || coalesce(
            printf('%%K %.1f, %%D %.1f', stochastic_k, stochastic_d), 'no stochastic'
        ) as measures,
        case position
            when 1
                then
                    printf(' (rsi14 < %.0f, ', rsi_low)
                    || printf('distance <= %.2f, ', -band_deviations)
                    || '%K crossed above %D)'
            when -1
                then
                    printf(' (rsi14 > %.0f, ', rsi_high)
                    || printf('distance >= %.2f, ', band_deviations)
                    || '%K crossed below %D)'
        end as thresholds,
        if(position = 1, 'long: ', 'short: ') as side_name
    from positions
),

final as (
    select
        variant,
        style,
        symbol,
        bar_interval,
        session_date,
        bar_end_at,
        close_usd,
        rsi_14,
        band_distance,
        stochastic_k,
        stochastic_d,
        position as signal,
        case
            when position = previous_position then null
            when position = 0 then 'exit'
            else 'enter'
        end as event,
        {{ var('intraday_weight') }}::double * position as target_weight,
        case
            when position = previous_position
                then if(position = 0, 'flat: ', 'hold: ' || side_name) || measures
            when position = 0 and decisive_distance * previous_position >= 0
                then 'middle_band: ' || measures
            when position = 0
                then
                    'session_end: the last bar begins at '
                    || strftime(
                        last_bar_start_at at time zone 'America/New_York', '%H:%M'
                    )
                    || ' New York; '
                    || measures
            when previous_position <> 0
                then 'reversed: ' || side_name || measures || thresholds
            else
                if(position = 1, 'oversold: ', 'overbought: ') || measures || thresholds
        end as reason,
        available_at as inputs_available_at,
        bar_end_at as decided_at,
        -- the open of the session's next bar, and nothing before it
        bar_end_at as effective_at
    from described
)

select * from final
