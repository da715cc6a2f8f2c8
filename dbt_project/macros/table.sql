{#
    A model's table, made in its place. dbt's own way makes it beside, renames it and drops what
    was there before, for the readers of a live warehouse. A build file is new in every night, and
    nobody reads it before it is whole; those steps were a third of what dbt itself took.
#}
{% materialization table, adapter="duckdb", supported_languages=["sql", "python"] %}
    {%- set target = this.incorporate(type="table") -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% do drop_relation_if_exists(load_cached_relation(this)) %}
    {% call statement("main", language=model["language"]) -%}
        {{- create_table_as(False, target, compiled_code, model["language"]) }}
    {%- endcall %}
    {% do create_indexes(target) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target, model) %}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({"relations": [target]}) }}
{% endmaterialization %}
