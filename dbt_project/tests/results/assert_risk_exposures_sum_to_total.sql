-- However the book is split, exposures and contributions to its risk sum to those of
-- the whole. A night without positions has no symbol and no sector: their sum is 0.
-- What is not known (a volatility not yet seeded) is null in parts and whole alike.
{% set measures = [
    'long_weight', 'short_weight', 'gross_exposure', 'net_exposure', 'beta_spy',
    'volatility_contribution_annual', 'es_95_contribution', 'stale_exposure'
] %}

with

exposures as (
    select * from {{ source('analytics', 'risk_exposures') }}
),

measured as (
    unpivot exposures
    on {{ measures | join(', ') }}
    into name measure value part
),

dimensions as (
    select unnest(['symbol', 'sector', 'strategy']) as dimension
),

sums as (
    select
        dimensions.dimension,
        measured.measure,
        coalesce(
            sum(measured.part)
            filter (where measured.dimension = dimensions.dimension),
            0
        ) as summed,
        coalesce(
            sum(measured.part) filter (where measured.dimension = 'total'), 0
        ) as total
    from measured
    cross join dimensions
    group by dimensions.dimension, measured.measure
)

select * from sums
where (abs(summed - total) <= {{ var('sum_tolerance') }}) is not true
