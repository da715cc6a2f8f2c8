import gzip
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from ingestion.masking import Masker
from ingestion.profile import Reply
from ingestion.responses import ResponseLabel, ResponseStore
from orchestration.errors import CommandError, UsageError
from orchestration.stored_responses import (
    find_response,
    plain_body,
    readable_body,
    with_opened_responses,
)
from warehouse.home import Home
from warehouse.why.node import Node, Response

KEY = "a-very-secret-key"
FETCHED = datetime(2024, 6, 28, 22, 30, tzinfo=UTC)
BODY = json.dumps({"results": [{"T": "AAPL", "date": "2024-06-28", "note": KEY}]}).encode()
MASKER = Masker([KEY])


def stored(home: Home, body: bytes = BODY, *, symbol: str = "AAPL") -> Path:
    reply = Reply(
        "polygon",
        f"https://api.example/bars?apiKey={KEY}",
        200,
        "application/json",
        {},
        body,
        sha256(body).hexdigest(),
        FETCHED,
    )
    return ResponseStore(home.raw_responses).keep(reply, ResponseLabel("daily_bars", symbol))


def leaf(body: bytes = BODY) -> Node:
    return Node(
        "stored response",
        response=Response(
            provider="polygon",
            response_hash=sha256(body).hexdigest(),
            relation="staging.stg_polygon__daily_bars",
            subject="AAPL",
            row_count=1,
            first_date=date(2024, 6, 28),
            last_date=date(2024, 6, 28),
            fetched_at=FETCHED,
            ledger_version=1,
        ),
    )


def opened(home: Home, node: Node) -> Response:
    found = with_opened_responses(Node("root", children=(node,)), home, MASKER).children[0].response
    assert found is not None
    return found


def test_leaf_tells_file_endpoint_and_the_providers_own_record(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = stored(home)
    found = opened(home, leaf())
    assert (found.problem, found.file) == (None, path.relative_to(tmp_path).as_posix())
    assert found.endpoint == "https://api.example/bars?apiKey=***"
    assert found.quoted == '{"T": "AAPL", "date": "2024-06-28", "note": "***"}'


def test_tampered_body_is_reported_and_not_quoted(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = stored(home)
    metadata, _, body = gzip.decompress(path.read_bytes()).partition(b"\n")
    path.write_bytes(gzip.compress(metadata + b"\n" + body.replace(b"28", b"29")))
    found = opened(home, leaf())
    assert found.problem is not None
    assert found.problem.startswith("the file holds another body than its name says: take it")
    assert found.quoted is None


def test_missing_file_says_where_it_was_looked_for(tmp_path: Path) -> None:
    found = opened(Home(tmp_path), leaf())
    assert found.problem is not None
    assert found.problem.startswith("the file is gone: take it from a backup")
    assert (found.file or "").startswith("data/raw/polygon/2024-06-28/")


def test_body_that_was_stored_on_another_day_is_found(tmp_path: Path) -> None:
    home = Home(tmp_path)
    stored(home)
    node = leaf()
    assert node.response is not None
    later = replace(node.response, fetched_at=FETCHED + timedelta(days=3))
    assert opened(home, replace(node, response=later)).problem is None


def test_of_two_questions_with_one_answer_the_subjects_own_is_shown(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = stored(home)
    stored(home, symbol="MSFT")
    assert opened(home, leaf()).file == path.relative_to(tmp_path).as_posix()


def test_response_is_found_by_the_beginning_of_its_hash(tmp_path: Path) -> None:
    home = Home(tmp_path)
    stored(home)
    found = find_response(home, sha256(BODY).hexdigest()[:8].upper())
    assert plain_body(found, MASKER)["results"][0]["note"] == "***"
    assert KEY not in readable_body(found, MASKER)


def test_text_of_a_body_keeps_its_lines_and_no_control_characters(tmp_path: Path) -> None:
    home = Home(tmp_path)
    body = b"DATE,CLOSE\r\n06/28/2024,\x1b[2J13.31\n"
    stored(home, body)
    found = find_response(home, sha256(body).hexdigest())
    assert readable_body(found, MASKER) == "DATE,CLOSE\n06/28/2024, [2J13.31"


@pytest.mark.parametrize("text", ["abc", "../../../etc/passwd", "*", "abcdefg"])
def test_what_is_no_hash_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError, match="is no hash of a stored response"):
        find_response(Home(tmp_path), text)


def test_unknown_hash_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No stored response begins with abcdef"):
        find_response(Home(tmp_path), "abcdef")


def test_beginning_of_several_hashes_names_them(tmp_path: Path) -> None:
    home = Home(tmp_path)
    folder = stored(home).parent
    for end in ("0", "1"):
        (folder / f"{'f' * 63}{end}-00000000.gz").write_bytes(b"")
    with pytest.raises(UsageError, match="2 stored responses begin with ffffff"):
        find_response(home, "ffffff")


def test_damaged_response_is_not_printed(tmp_path: Path) -> None:
    home = Home(tmp_path)
    path = stored(home)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(CommandError, match="cannot be unpacked; take it from a backup"):
        find_response(home, sha256(BODY).hexdigest())
