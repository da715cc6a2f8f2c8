"""Keys do not survive in any spelling."""

import base64
from urllib.parse import quote

import pytest

from ingestion.masking import Masker, one_line

KEY = "s3cret/+key=0001"


@pytest.mark.parametrize(
    "spelling",
    [
        KEY,
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        base64.b64encode(KEY.encode()).decode().rstrip("="),
        base64.b64encode(f"u:{KEY}".encode()).decode(),
        base64.b64encode(f"us:{KEY} and more".encode()).decode(),
        base64.urlsafe_b64encode(f"user:{KEY}".encode()).decode(),
    ],
)
def test_every_spelling_of_a_key_is_masked(spelling):
    masker = Masker([KEY])
    hidden = base64.b64encode(KEY.encode())[4:16].decode()

    for masked in (
        masker.text(f"before {spelling} after"),
        masker.data(f"before {spelling} after".encode()).decode(),
    ):
        assert "***" in masked
        assert KEY not in masked
        assert hidden not in masked


def test_short_key_is_masked_as_a_word_only():
    assert Masker(["K1"]).text("K1 and K100, key=K1") == "*** and K100, key=***"


def test_nothing_is_masked_without_keys():
    assert Masker([""]).text("plain *** text") == "plain *** text"


def test_one_line_holds_no_control_or_direction_characters():
    assert one_line("a\n\x1b[31mb\u202ec\x07\td") == "a [31mb c d"


def test_one_line_is_cut():
    assert one_line("word " * 100, length=10) == "word word…"
