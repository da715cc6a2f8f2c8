"""The search for keys finds one in every kind of file and in every spelling."""

import base64
import gzip
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.traces import traces_in, traces_of
from warehouse.connection import connect

KEY = "kEy+/=&0123"
KEYS = {"polygon": KEY, "fred": "0f1e2d3c4b5a69788796a5b4c3d2e1f0"}
FILLER = "nothing to see here; " * 300  # longer than a page of SQLite


def plain(path: Path) -> None:
    path.write_text(f"{FILLER}{KEY}")


def gzipped(path: Path) -> None:
    path.write_bytes(gzip.compress(f"{FILLER}{KEY}".encode()))


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("note.txt", f"{FILLER}{KEY}")


def parquet(path: Path) -> None:
    pq.write_table(pa.table({"note": [FILLER, f"see {KEY}"] * 100}), path, compression="zstd")


def parquet_metadata(path: Path) -> None:
    table = pa.table({"note": ["a"]}).replace_schema_metadata({"url": KEY})
    pq.write_table(table, path)


def duckdb(path: Path) -> None:
    with connect(path) as database:
        database.execute("create schema raw")
        database.execute("create table raw.notes (note varchar)")
        rows = [[f"{number} {FILLER[:40]} {KEY}"] for number in range(3000)]
        database.register("rows", pa.table({"note": [row[0] for row in rows]}))
        database.execute("insert into raw.notes select note from rows")
        database.execute("checkpoint")


def duckdb_nested(path: Path) -> None:
    with connect(path) as database:
        database.execute("create table notes as select [{'told': ?}] as note", [KEY])


def sqlite(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("create table events (body text)")
        for length in range(3900, 4200):  # somewhere here the key lies across two pages
            database.execute("insert into events values (?)", [f"{FILLER[:length]}{KEY}"])
        database.commit()


KINDS = [plain, gzipped, zipped, parquet, parquet_metadata, duckdb, duckdb_nested, sqlite]


@pytest.mark.parametrize("kind", KINDS, ids=[kind.__name__ for kind in KINDS])
def test_planted_key_is_found_in_every_kind_of_file(tmp_path: Path, kind) -> None:
    path = tmp_path / "deep" / "below" / "file"
    path.parent.mkdir(parents=True)
    kind(path)
    assert traces_of(tmp_path, KEYS) == ["deep/below/file: polygon"]


def test_key_in_a_file_s_name_is_found(tmp_path: Path) -> None:
    (tmp_path / f"cache-{KEYS['fred']}.txt").write_text("")
    assert [trace.split(": ")[1] for trace in traces_of(tmp_path, KEYS)] == ["fred"]


def test_home_without_a_key_has_no_traces(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text(FILLER)
    assert traces_of(tmp_path, KEYS) == []


URL_ENCODED = quote(KEY, safe="")
SPELT = {
    "as it is": KEY,
    "URL-encoded": URL_ENCODED,
    "in lower case": URL_ENCODED.replace("%2B", "%2b").replace("%2F", "%2f").replace("%3D", "%3d"),
    "encoded twice": quote(URL_ENCODED, safe=""),
    "hex": KEY.encode().hex(),
    "hex in capitals": KEY.encode().hex().upper(),
    "JSON": json.dumps(KEY),
    "JSON of PHP": KEY.replace("/", "\\/"),
    "JSON of Go": KEY.replace("&", "\\u0026"),
    "HTML": KEY.replace("&", "&amp;"),
    "reversed": KEY[::-1],
    **{
        f"base64 after {shift} bytes": base64.b64encode(
            b"x" * shift + KEY.encode() + b"tail"
        ).decode()
        for shift in range(6)
    },
    **{
        f"URL-safe base64 after {shift} bytes": base64.urlsafe_b64encode(
            b"?" * shift + KEY.encode()
        ).decode()
        for shift in range(6)
    },
}


@pytest.mark.parametrize("spelling", SPELT)
def test_key_is_known_in_every_spelling(spelling: str) -> None:
    assert traces_in(f"before {SPELT[spelling]} after", KEYS) == ["polygon"]
