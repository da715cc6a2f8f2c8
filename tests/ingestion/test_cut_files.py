"""A file that was cut off anywhere: refused, or its whole lines and nothing else."""

from datetime import UTC, datetime

import pytest

from ingestion.errors import BadPayloadError
from ingestion.profile import Reply

FILE = (
    b"DATE,OPEN,HIGH,LOW,CLOSE\r\n"
    b"06/10/2024,12.700000,13.410000,12.690000,12.740000\r\n"
    b"06/11/2024,12.860000,13.370000,12.730000,12.850000\r\n"
)


def reply(body: bytes) -> Reply:
    moment = datetime(2024, 6, 11, 22, 30, tzinfo=UTC)
    return Reply("cboe", "https://x.test/", 200, "text/csv", {}, body, "", moment)


@pytest.mark.parametrize("length", range(1, len(FILE)))
def test_part_of_a_file_has_whole_lines_only(length: int) -> None:
    whole = reply(FILE).csv()
    part = FILE[:length]
    if part.endswith(b"\n"):
        assert reply(part).csv() == whole[: part.count(b"\n")]
    else:
        with pytest.raises(BadPayloadError, match="cboe sent a file that ends within a line"):
            reply(part).csv()


def test_half_a_number_is_no_number() -> None:
    with pytest.raises(BadPayloadError):
        reply(FILE[:-8]).csv()


def test_empty_body_has_no_lines() -> None:
    assert reply(b"").csv() == []
