{% set high_yield = var('high_yield_fund') %}
{% set investment_grade = var('investment_grade_fund') %}

with

positions as (
    select * from {{ ref('int_credit_positions_held') }}
),

described as (
    select
        *,
        case position
            when 1 then 'long {{ high_yield }}: '
            when -1 then 'long {{ investment_grade }}: '
            else ''
        end as side_name,
        case
            when momentum_return is not null
                then
                    printf('return of {{ high_yield }} less that of ')
                    || printf('{{ investment_grade }} %+.4f', momentum_return)
            when spread_zscore is null then 'no z-score'
            else
                printf('z %.2f, percentile ', spread_zscore)
                || coalesce(printf('%.2f', hy_oas_percentile), 'unknown')
                || printf(' (%s of %s)', spread_source, observed_date::varchar)
        end as measures,
        case
            when rule = 'momentum_ratio' or position = 0 then ''
            when position = 1
                then
                    printf(', z > %.2f', entry_zscore)
                    || coalesce(printf(', percentile >= %.2f', upper_percentile), '')
            else
                printf(', z < %.2f', -entry_zscore)
                || coalesce(printf(', percentile <= %.2f', lower_percentile), '')
        end as thresholds
    from positions
),

final as (
    select
        *,
        case
            when not is_decided then {{ frozen_reason("previous_position <> 0") }}
            when position = previous_position and position = 0 then 'flat: ' || measures
            when position = previous_position then 'hold ' || side_name || measures
            when position = 0 and rule = 'zscore' then 'z_crossed: ' || measures
            when previous_position <> 0
                then 'reversed: ' || side_name || measures || thresholds
            else 'enter ' || side_name || measures || thresholds
        end as reason
    from described
)

select * from final
