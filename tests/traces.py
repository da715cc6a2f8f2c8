"""Looks for keys in everything that a home holds, in every spelling that could give one away."""

import base64
import gzip
import html
import json
import re
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, quote_plus

import pyarrow.parquet as pq

from warehouse.connection import connect


@lru_cache
def spellings(key: str) -> frozenset[bytes]:
    """A key as it is, URL-encoded (either case, also twice), in base64, hex, JSON, HTML, reversed.

    Base64 at each of its three alignments, without the characters that depend on what stands beside
    the key.
    """
    encoded = _either_case({quote(key, safe=""), quote(key), quote_plus(key)})
    encoded |= _either_case({quote(text, safe="") for text in encoded})
    plain = {key, key[::-1]}
    texts = plain | {html.escape(text) for text in plain} | {repr(text)[1:-1] for text in plain}
    for is_ascii in (True, False):
        texts |= {json.dumps(text, ensure_ascii=is_ascii)[1:-1] for text in plain}
    texts |= {text.replace("/", "\\/") for text in texts}  # as PHP writes JSON
    texts |= {_escaped(text) for text in texts}  # as Go writes it
    raw = key.encode()
    found = {text.encode() for text in encoded | texts} | {
        raw.hex().encode(),
        raw.hex().upper().encode(),
    }
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):
            first, last = -(-8 * shift // 6), 8 * (shift + len(raw)) // 6
            found.add(encode(b"\0" * shift + raw)[first:last])
    return frozenset(found)


def traces_of(root: Path, keys: Mapping[str, str]) -> list[str]:
    """`file: provider` for every file below a folder that shows a key, packed or not."""
    forms = {name: spellings(key) for name, key in keys.items()}
    found = []
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            shown = {name for part in contents(path) for name in _shown(part, forms)}
            found += [f"{path.relative_to(root)}: {name}" for name in sorted(shown)]
    return found


def traces_in(text: str, keys: Mapping[str, str]) -> list[str]:
    """The providers whose key a text shows."""
    forms = {name: spellings(key) for name, key in keys.items()}
    return sorted(_shown(text.encode("utf-8", "replace"), forms))


def contents(path: Path) -> Iterator[bytes]:
    """A file's name and bytes, and what is packed in it or spread over its pages."""
    yield str(path).encode()
    data = path.read_bytes()
    yield data
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    elif data[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name) for name in archive.namelist())
    elif data[:4] == b"PAR1":
        table = pq.read_table(path)
        yield _dumped(table.to_pylist())
        yield _dumped({str(k): str(v) for k, v in (table.schema.metadata or {}).items()})
    elif data[8:12] == b"DUCK":
        yield from _duckdb_texts(path)
    elif data[:16] == b"SQLite format 3\0":
        yield from _sqlite_rows(path)


def _duckdb_texts(path: Path) -> Iterator[bytes]:
    """Every distinct text of every column; DuckDB compresses what it stores."""
    with connect(path, read_only=True) as database:
        columns = database.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal "
            "and regexp_matches(data_type, 'VARCHAR|JSON|BLOB|\\[|STRUCT|MAP|UNION')"
        ).fetchall()
        for schema, table, column in columns:
            rows = database.execute(
                f'select distinct "{column}"::varchar from "{schema}"."{table}"'
            ).fetchall()
            yield "\n".join(row[0] or "" for row in rows).encode("utf-8", "replace")
        statements = database.execute("select coalesce(sql, '') from duckdb_tables()").fetchall()
        yield _dumped(statements)


def _sqlite_rows(path: Path) -> Iterator[bytes]:
    """Every row of every table; a long text lies in pieces on several pages."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        names = database.execute("select name from sqlite_master where type = 'table'").fetchall()
        for (name,) in names:
            for row in database.execute(f'select * from "{name}"'):
                yield "\n".join(
                    cell.decode("latin-1") if isinstance(cell, bytes) else str(cell) for cell in row
                ).encode("utf-8", "replace")


def _shown(part: bytes, forms: Mapping[str, frozenset[bytes]]) -> set[str]:
    return {name for name, spelt in forms.items() if any(form in part for form in spelt)}


def _dumped(value: object) -> bytes:
    return json.dumps(value, default=str, ensure_ascii=False).encode("utf-8", "replace")


def _either_case(texts: set[str]) -> set[str]:
    lower = {re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), text) for text in texts}
    return texts | lower


def _escaped(text: str) -> str:
    for sign in "&<>":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
