"""Stored responses: whole, findable by their hash, free of keys."""

import gzip
import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from ingestion.profile import Reply
from ingestion.responses import (
    DamagedResponseError,
    ResponseLabel,
    ResponseStore,
    StoredResponse,
    read_response,
)

BODY = b'{"results": [1]}\nsecond line'
REPLY = Reply(
    provider="polygon",
    url="https://polygon.test/x?a=b",
    status=200,
    content_type="application/json",
    headers={},
    body=BODY,
    hash=hashlib.sha256(BODY).hexdigest(),
    fetched_at=datetime(2026, 1, 5, 22, 15, tzinfo=UTC),
)
LABEL = ResponseLabel("daily_bars", "ZZQ", date(2026, 1, 2), date(2026, 1, 5))


def test_response_is_kept_under_its_hash(tmp_path):
    path = ResponseStore(tmp_path).keep(REPLY, LABEL)

    assert path == tmp_path / "polygon" / "2026-01-05" / f"{REPLY.hash}-{LABEL.digest}.gz"


def test_first_line_is_metadata_and_the_rest_is_the_body(tmp_path):
    path = ResponseStore(tmp_path).keep(REPLY, LABEL)
    first_line, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")

    assert body == BODY
    assert json.loads(first_line) == {
        "provider": "polygon",
        "dataset": "daily_bars",
        "symbol": "ZZQ",
        "url": "https://polygon.test/x?a=b",
        "window_start": "2026-01-02",
        "window_end": "2026-01-05",
        "status": 200,
        "content_type": "application/json",
        "fetched_at": "2026-01-05T22:15:00+00:00",
    }


def test_same_answer_to_the_same_question_is_kept_once(tmp_path):
    store = ResponseStore(tmp_path)
    before = store.keep(REPLY, LABEL).stat()
    after = store.keep(REPLY, LABEL).stat()

    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_same_answer_to_another_question_keeps_both_questions(tmp_path):
    store = ResponseStore(tmp_path)
    paths = {store.keep(REPLY, LABEL), store.keep(REPLY, ResponseLabel("daily_bars", "ZZR"))}

    assert len(paths) == 2


def test_kept_response_is_read_back_with_its_question(tmp_path):
    label = replace(LABEL, symbol="*", symbols=("ZZQ", "BRK.B"))
    kept = read_response(ResponseStore(tmp_path).keep(REPLY, label))

    assert kept == StoredResponse(label, REPLY)


@pytest.mark.parametrize("damage", [b"", b"half", gzip.compress(b"{}\nother body", mtime=0)])
def test_damaged_response_is_detected(tmp_path, damage):
    path = ResponseStore(tmp_path).keep(REPLY, LABEL)
    path.write_bytes(damage)
    with pytest.raises(DamagedResponseError):
        read_response(path)


def test_flipped_byte_of_a_body_is_detected_by_the_hash(tmp_path):
    path = ResponseStore(tmp_path).keep(REPLY, LABEL)
    path.write_bytes(
        gzip.compress(gzip.decompress(path.read_bytes()).replace(b"second", b"sekond"))
    )
    with pytest.raises(DamagedResponseError, match="another body"):
        read_response(path)
