"""A reply as rows, whatever its shape on the wire, and back.

| shape                                   | rows                                     |
|-----------------------------------------|------------------------------------------|
| array (FMP, Finnhub news and actions)   | its objects                              |
| `results`, `observations`, `data` lists | their objects                            |
| parallel arrays (Finnhub candles)       | one object per place                     |
| Yahoo chart                             | one object per stamp, arrays by name     |
| quote objects (Cboe, Finnhub), `metric` | the one object                           |
| CSV (Cboe, FRED graph)                  | one object per line, texts by header     |
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ingestion.sandbox.wire.http import Reply

Row = dict[str, Any]

_ROW_LISTS = ("results", "observations", "data")
_ROW_OBJECTS = ("data", "metric")


@dataclass(frozen=True)
class Document:
    """The rows of one reply in the order of the wire.

    `write` turns rows back into a body. `blank` is how the provider writes a missing text.
    """

    rows: list[Row]
    write: Callable[[list[Row]], bytes]
    blank: str | None = None


def read_document(reply: Reply) -> Document | None:
    """The rows of a reply; None if it is an error or has a shape without rows."""
    if reply.status != 200:
        return None
    if "csv" in reply.content_type:
        return _from_csv(reply.body.decode())
    if "json" not in reply.content_type:
        return None
    payload = json.loads(reply.body)
    if isinstance(payload, list):
        return Document(payload, _dump) if all(isinstance(row, dict) for row in payload) else None
    return _from_object(payload) if isinstance(payload, dict) else None


def _dump(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


def _from_csv(text: str) -> Document:
    lines = [line.split(",") for line in text.splitlines()]
    header = lines[0]

    def write(rows: list[Row]) -> bytes:
        written = [header, *([row[name] for name in header] for row in rows)]
        return ("\n".join(",".join(line) for line in written) + "\n").encode()

    return Document([dict(zip(header, line, strict=True)) for line in lines[1:]], write, blank="")


def _from_object(payload: dict[str, Any]) -> Document | None:
    for name in _ROW_LISTS:
        if isinstance(payload.get(name), list):
            blank = "." if name == "observations" else None
            return Document(payload[name], partial(_within, payload, name), blank)
    for name in _ROW_OBJECTS:
        if isinstance(payload.get(name), dict):
            return Document([payload[name]], partial(_around, payload, name))
    if isinstance(payload.get("chart"), dict):
        return _from_chart(payload)
    if isinstance(payload.get("t"), list):
        arrays = {name: values for name, values in payload.items() if isinstance(values, list)}
        return Document(_rows_of(arrays), lambda rows: _dump(payload | _arrays_of(rows, arrays)))
    if {"c", "t"} <= set(payload):  # a Finnhub quote
        return Document([payload], lambda rows: _dump(rows[0]))
    return None


def _within(payload: dict[str, Any], name: str, rows: list[Row]) -> bytes:
    return _dump({**payload, name: rows})


def _around(payload: dict[str, Any], name: str, rows: list[Row]) -> bytes:
    return _dump({**payload, name: rows[0]})


def _from_chart(payload: dict[str, Any]) -> Document | None:
    """Yahoo: stamps, five arrays of the quote, and perhaps one of adjusted closes."""
    result = (payload["chart"].get("result") or [{}])[0]
    if not isinstance(result.get("timestamp"), list):
        return None
    quote, adjusted = result["indicators"]["quote"], result["indicators"].get("adjclose", [])
    arrays = {"timestamp": result["timestamp"], **quote[0]}
    for part in adjusted:
        arrays |= part

    def write(rows: list[Row]) -> bytes:
        columns = _arrays_of(rows, arrays)
        result["timestamp"] = columns["timestamp"]
        for part in (*quote, *adjusted):
            part |= {name: columns[name] for name in part}
        return _dump(payload)

    return Document(_rows_of(arrays), write)


def _rows_of(arrays: Mapping[str, list[Any]]) -> list[Row]:
    return [dict(zip(arrays, cells, strict=True)) for cells in zip(*arrays.values(), strict=True)]


def _arrays_of(rows: list[Row], names: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in names}
