"""Long answers from columns: JSON written by arrow, ten years of bars in a few milliseconds."""

import json
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.sandbox.streams import Floats, Integers
from ingestion.sandbox.wire.http import Reply

Column = Floats | Integers | Sequence[str] | str
"""Numbers, texts that need no escapes (dates), or one text for all rows."""


def row_objects(columns: Mapping[str, Column]) -> str:
    """`{"name":value,...},{...}`: one object per row, NaN as null."""
    parts: list[object] = []
    mark = "{"
    for name, column in columns.items():
        parts.append(f"{mark}{json.dumps(name)}:")
        parts.append(json.dumps(column) if isinstance(column, str) else _texts(column))
        mark = ","
    if not any(isinstance(part, pa.Array) and len(part) for part in parts):
        return ""
    return ",".join(pc.binary_join_element_wise(*parts, "}", "").to_pylist())


def value_array(column: Column) -> str:
    """`[value,...]`, NaN as null."""
    return "[" + ",".join(_texts(column).to_pylist()) + "]"


def _texts(column: Column) -> pa.Array:
    if not isinstance(column, np.ndarray):
        return pa.array([f'"{text}"' for text in column], pa.string())
    texts = pc.cast(pa.array(column), pa.string())
    if column.dtype.kind == "f" and np.isnan(column).any():
        return pc.if_else(pa.array(np.isnan(column)), "null", texts)
    return texts


def object_text(payload: Mapping[str, object], members: Mapping[str, str]) -> str:
    """An object of which some members, put last, are JSON already."""
    head = json.dumps(payload, separators=(",", ":"))[:-1]
    for name, text in members.items():
        head += ("," if len(head) > 1 else "") + f"{json.dumps(name)}:{text}"
    return head + "}"


def raw_reply(text: str) -> Reply:
    """Answer with JSON that is written already."""
    return Reply(text.encode())
