-- Each observation as first known, measured against the trailing ones as they stood
-- then.
{% set zscore_rows = var('spread_zscore_rows') %}

with

versions as (
    select
        *,
        dense_rank() over (order by session_date) as row_number,
        {{ superseded_at('session_date', 'version_number') }} as superseded_at
    from {{ ref('int_oas_paired') }}
),

first_known as (
    select * from versions
    where version_number = 1
),

looked_back as (
    select
        *,
        unnest(
            range(least(row_number, {{ var('spread_percentile_rows') }}))
        ) as rows_back
    from first_known
),

windows as (
    select
        looked_back.session_date,
        count(*) as percentile_rows,
        count(*) filter (where past.hy_oas_pct <= looked_back.hy_oas_pct) as rows_below,
        list(past.hy_ig_spread_pct order by past.row_number)
        filter (where looked_back.rows_back < {{ zscore_rows }}) as spreads
    from looked_back
    inner join versions as past
        on
            looked_back.row_number - looked_back.rows_back = past.row_number
            and looked_back.available_at >= past.available_at
            and looked_back.available_at < past.superseded_at
    group by looked_back.session_date
),

final as (
    select
        'oas' as spread_source,
        first_known.session_date,
        first_known.session_number,
        first_known.hy_oas_pct,
        first_known.ig_oas_pct,
        first_known.hy_ig_spread_pct,
        case
            when len(windows.spreads) = {{ zscore_rows }}
                then
                    (first_known.hy_ig_spread_pct - list_avg(windows.spreads))
                    / nullif(list_stddev_samp(windows.spreads), 0)
        end as spread_zscore,
        case
            when windows.percentile_rows >= {{ var('spread_percentile_min_rows') }}
                then windows.rows_below / windows.percentile_rows
        end as hy_oas_percentile,
        first_known.available_at
    from first_known
    inner join windows
        on first_known.session_date = windows.session_date
)

select * from final
