{#
    The rows of a raw table that the build may know: landed by its ledger version, available at its
    as-of moment, not withheld by a quarantine. A row whose quarantine was released is available
    from its release on, never before. `day` is the SQL of the row's New York date.
#}
{% macro as_of(table, symbol, day) %}
    with
    context as (
        select
            as_of_at,
            ledger_version
        from {{ source('ops', 'build_context') }}
    ),

    bad_rows as (
        select
            quarantine.symbol,
            quarantine.first_date,
            quarantine.last_date,
            quarantine.ledger_version,
            min(release.released_at) as released_at
        from {{ source('quality', 'quarantine') }} as quarantine
        inner join context
            on
                quarantine.decided_at <= context.as_of_at
                and quarantine.ledger_version <= context.ledger_version
        left join {{ source('quality', 'quarantine') }} as release
            on
                quarantine.dataset = release.dataset
                and quarantine.symbol = release.symbol
                and quarantine.first_date = release.first_date
                and quarantine.last_date = release.last_date
                and quarantine.decided_at <= release.released_at
        where
            quarantine.dataset = 'raw.{{ table }}'
            and quarantine.released_at is null
        group by all
    ),

    versions as (
        select
            *,
            {{ symbol }} as quarantine_symbol,
            {{ day }} as quarantine_date
        from {{ source('raw', table) }}
    ),

    judged as (
        select
            versions.* exclude (available_at, quarantine_symbol, quarantine_date),
            greatest(
                versions.available_at,
                (
                    select max(bad_rows.released_at)
                    from bad_rows
                    where
                        bad_rows.symbol = versions.quarantine_symbol
                        and versions.quarantine_date
                        between bad_rows.first_date and bad_rows.last_date
                )
            ) as available_at
        from versions
        where
            not exists (
                select 1
                from bad_rows
                where
                    bad_rows.symbol = versions.quarantine_symbol
                    and versions.quarantine_date
                    between bad_rows.first_date and bad_rows.last_date
                    and versions.ledger_version <= bad_rows.ledger_version
                    and bad_rows.released_at is null
            )
    )

    select judged.*
    from judged
    inner join context
        on
            judged.ledger_version <= context.ledger_version
            and judged.available_at <= context.as_of_at
{% endmacro %}


{# Policy `restate`: of each key the version landed last counts. #}
{% macro is_newest_version(key) -%}
    row_number() over (
        partition by {{ key | join(', ') }}
        order by ledger_version desc, row_hash desc
    ) = 1
{%- endmacro %}


{# When the next version of the same thing was known; never without one. #}
{% macro superseded_at(key, version) -%}
    lead(available_at, 1, timestamptz 'infinity') over (
        partition by {{ key }}
        order by {{ version }}
    )
{%- endmacro %}
