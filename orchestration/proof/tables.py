"""What a proof covers: every model of the dbt project and every result of the asset graph."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter
from typing import Any

from orchestration.dbt_session import Model
from orchestration.errors import UsageError
from warehouse.comparison import Layout, layout_of
from warehouse.connection import Connection

EXEMPTION = "prove_exempt"
"""Key under `config: meta:` of a model's YAML, or in an asset's metadata: column to reason, or one
reason for the whole table."""
MOMENT = "prove_moment"
"""Key beside it: the column that says from when a row counts, where it is not the usual one."""


@dataclass(frozen=True)
class ProvenTable:
    """One table of the proof. `made_by`: the model's file, or the analytics code.

    `exempt`: the reason why the whole table is left out, None if it is not. `ignored`: column to
    the reason why it is left out. `moment`: the column from which a row counts, None for the usual.
    """

    relation: str
    made_by: str
    key: tuple[str, ...] = ()
    exempt: str | None = None
    ignored: Mapping[str, str] = field(default_factory=dict)
    moment: str | None = None

    def layout(self, connection: Connection) -> Layout:
        """How the table's rows are dated and told apart."""
        return layout_of(
            connection,
            self.relation,
            key=self.key,
            ignored=tuple(self.ignored),
            moment=self.moment,
        )


def tables_of_models(models: Sequence[Model]) -> list[ProvenTable]:
    """Every model in the order of the graph, so that the first that moves is where it began.

    Raises
    ------
    UsageError
        An exemption without a reason.
    """
    by_name = {model.relation: model for model in models}
    graph = {model.relation: [p for p in model.parents if p in by_name] for model in models}
    ordered = TopologicalSorter(graph).static_order()
    return [_table_of(by_name[relation]) for relation in ordered]


def tables_of_assets(metadata: Mapping[str, Mapping[str, Any]]) -> list[ProvenTable]:
    """Every result of the asset graph: table to its asset's metadata."""
    return [
        _described(ProvenTable(relation, "analytics/night.py"), about)
        for relation, about in metadata.items()
    ]


def analytics_assets() -> dict[str, Mapping[str, Any]]:
    """The asset graph's tables of the schema `analytics`, with their metadata.

    Ours in the order in which they follow from each other, then what others have added.
    """
    from orchestration.assets.analytics import ANALYTICS_KEYS
    from orchestration.definitions import defs

    graph = defs.resolve_asset_graph()
    keys = [*ANALYTICS_KEYS]
    keys += [
        key
        for key in graph.toposorted_asset_keys
        if key.path[0] == "analytics" and key not in ANALYTICS_KEYS
    ]
    return {
        ".".join(key.path): {
            name: getattr(value, "value", value) for name, value in graph.get(key).metadata.items()
        }
        for key in keys
    }


def chosen_tables(tables: Iterable[ProvenTable], select: Sequence[str]) -> list[ProvenTable]:
    """Those named by `--select`, with or without their schema; all where nothing is named.

    Raises
    ------
    UsageError
        A name that is no table of the proof.
    """
    known = list(tables)
    if not select:
        return known
    chosen = []
    for word in select:
        found = [t for t in known if word in (t.relation, t.relation.split(".")[1])]
        if not found:
            raise UsageError(
                f"There is no model or result '{word}': "
                f'`mqp sql "show all tables"` lists the names.'
            )
        chosen += found
    return [table for table in known if table in chosen]


def _table_of(model: Model) -> ProvenTable:
    table = ProvenTable(model.relation, f"dbt_project/{model.file}", key=model.key)
    return _described(table, model.meta)


def _described(table: ProvenTable, about: Mapping[str, Any]) -> ProvenTable:
    """The table with what its YAML or metadata says of proofs."""
    table = replace(table, moment=about.get(MOMENT))
    said = about.get(EXEMPTION)
    if said is None:
        return table
    reasons = said if isinstance(said, Mapping) else {"": said}
    if not all(isinstance(reason, str) and reason.strip() for reason in reasons.values()):
        raise UsageError(
            f"{table.relation} is exempt from the proof without a reason: write it under "
            f"'{EXEMPTION}' in {table.made_by}'s YAML."
        )
    ignored = {} if "" in reasons else dict(reasons)
    return replace(table, exempt=reasons.get(""), ignored=ignored)
