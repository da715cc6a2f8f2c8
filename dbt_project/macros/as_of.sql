{#
    The rows of a raw table that the build may know: landed by its ledger version, available at its
    as-of moment, not withheld by a quarantine. A quarantine withholds the version that was judged
    bad, until its release, from the row's own session on: what a first load finds in old history
    counts there as if the gate had run in time, so that a build at an earlier moment agrees. What
    is found is bounded by `recorded_at`, the moment up to which the record of gate 1 is read (a
    night's own; a proof reads one record at many moments). Later versions of a key that began with
    a bad one wait for the release too: nothing of it was there to decide on. Where an older version
    was good, they restate it and keep its time. `day` is the SQL of the row's New York date; `key`
    the columns that tell rows of one symbol and day apart.
#}
{% macro as_of(table, symbol, day, key=[]) %}
    with
    context as (
        select
            as_of_at,
            recorded_at,
            ledger_version
        from {{ source('ops', 'build_context') }}
    ),

    bad_rows as (
        select
            quarantine.symbol,
            quarantine.first_date,
            quarantine.last_date,
            quarantine.ledger_version,
            -- each finding has its own release: the next one of the same rows is not over
            quarantine.decided_at,
            coalesce(min(release.released_at), timestamptz 'infinity') as released_at
        from {{ source('quality', 'quarantine') }} as quarantine
        inner join context
            on
                quarantine.decided_at <= context.recorded_at
                and quarantine.ledger_version <= context.ledger_version
        left join {{ source('quality', 'quarantine') }} as release
            on
                quarantine.dataset = release.dataset
                and quarantine.symbol = release.symbol
                and quarantine.first_date = release.first_date
                and quarantine.last_date = release.last_date
                and quarantine.decided_at <= release.released_at
                and quarantine.ledger_version <= release.ledger_version
                and context.ledger_version >= release.ledger_version
                and context.as_of_at >= release.released_at
        where
            quarantine.dataset = 'raw.{{ table }}'
            and quarantine.released_at is null
        group by all
    ),

    versions as not materialized (
        select
            *,
            {{ symbol }} as quarantine_symbol,
            {{ day }} as quarantine_date
        from {{ source('raw', table) }}
    ),

    -- of nearly every key no version was ever judged bad
    unsuspected as (
        select versions.* exclude (quarantine_symbol, quarantine_date)
        from versions
        anti join bad_rows
            on
                versions.quarantine_symbol = bad_rows.symbol
                and versions.quarantine_date
                between bad_rows.first_date and bad_rows.last_date
    ),

    suspected as (
        select
            versions.*,
            max(bad_rows.released_at) filter (
                versions.ledger_version = bad_rows.ledger_version
            ) as withheld_until
        from versions
        inner join bad_rows
            on
                versions.quarantine_symbol = bad_rows.symbol
                and versions.quarantine_date
                between bad_rows.first_date and bad_rows.last_date
        group by all
    ),

    judged as (
        select
            suspected.* exclude (
                available_at, quarantine_symbol, quarantine_date, withheld_until
            ),
            case
                when
                    withheld_until is null
                    and first_value(withheld_until) over so_far is null
                    then available_at
                else greatest(available_at, max(withheld_until) over so_far)
            end as available_at
        from suspected
        window so_far as (
            partition by
                {{ (['quarantine_symbol', 'quarantine_date'] + key) | join(', ') }}
            order by ledger_version
            range between unbounded preceding and current row
        )
    ),

    every_version as not materialized (
        select * from unsuspected
        union all by name
        select * from judged
    )

    select every_version.*
    from every_version
    inner join context
        on
            every_version.ledger_version <= context.ledger_version
            and every_version.available_at <= context.as_of_at
{% endmacro %}


{#
    Policy `restate`: of each key the version landed last counts. Nearly every key has one version
    only, so that the others alone are ranked.
#}
{% macro newest_versions(rows, key) %}
    with
    restated as (
        select {{ key | join(', ') }}
        from {{ rows }}
        group by all
        having count(*) > 1
    ),

    ranked as (
        select {{ rows }}.*
        from {{ rows }}
        semi join restated using ({{ key | join(', ') }})
        qualify
            row_number() over (
                partition by {{ key | join(', ') }}
                order by ledger_version desc, row_hash desc
            ) = 1
    )

    select {{ rows }}.*
    from {{ rows }}
    anti join restated using ({{ key | join(', ') }})
    union all by name
    select * from ranked
{% endmacro %}


{# When the next version of the same thing was known; never without one. #}
{% macro superseded_at(key, version) -%}
    lead(available_at, 1, timestamptz 'infinity') over (
        partition by {{ key }}
        order by {{ version }}
    )
{%- endmacro %}
