{{ config(meta={'dagster': {'ref': {'name': 'fct_spreads'}}}) }}

select *
from {{ ref('fct_spreads') }}
where
    (
        spread_source = 'oas'
        and abs(hy_ig_spread_pct - (hy_oas_pct - ig_oas_pct)) > 1e-12
    )
    or hy_oas_percentile not between 0 and 1
    or abs(credit_stress - (2 * hy_oas_percentile - 1)) > 1e-12
