"""What our messages quote of a provider's answer."""

from datetime import UTC, datetime

import pytest

from ingestion.profile import Reply


def reply(body: bytes, content_type: str, status: int) -> Reply:
    moment = datetime(2024, 6, 28, 22, tzinfo=UTC)
    return Reply("fred", "https://x.test/", status, content_type, {}, body, "", moment)


@pytest.mark.parametrize("body", [b"<!DOCTYPE html><html>Down</html>", b" <?xml version='1.0'?>"])
def test_markup_is_not_quoted(body: bytes) -> None:
    assert reply(body, "", 503).told == "fred answered 503 with a web page"


def test_words_of_an_error_are_quoted() -> None:
    told = reply(b'{"error_message": "Too Many Requests."}', "application/json", 429).told
    assert told == "fred answered 429: Too Many Requests."
