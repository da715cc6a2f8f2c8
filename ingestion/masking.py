"""Keys leave no trace: every text and body passes here before it is shown, logged or stored."""

import base64
import re
from collections.abc import Iterable
from urllib.parse import quote

MASK = "***"
SHORTEST_UNMISTAKABLE_KEY = 8
"""A shorter key (only tests use them) is masked as a whole word, lest it eat ordinary text."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]+")


class Masker:
    """Replaces keys, also URL-encoded or in base64, in texts and bodies."""

    def __init__(self, keys: Iterable[str]) -> None:
        forms = {form: whole for key in keys if key for form, whole in _forms(key)}
        self._forms = sorted(forms, key=len, reverse=True)  # the longest form first
        joined = "|".join(
            rf"(?<!\w){re.escape(form)}(?!\w)" if forms[form] else re.escape(form)
            for form in self._forms
        )
        self._in_text, self._in_data = re.compile(joined), re.compile(joined.encode())
        self._data_forms = [form.encode() for form in self._forms]

    def text(self, text: str) -> str:
        """The text without keys."""
        # looking for plain substrings first is many times faster than the pattern
        hit = any(form in text for form in self._forms)
        return self._in_text.sub(MASK, text) if hit else text

    def data(self, body: bytes) -> bytes:
        """The body without keys."""
        hit = any(form in body for form in self._data_forms)
        return self._in_data.sub(MASK.encode(), body) if hit else body


def one_line(text: str, *, length: int = 400) -> str:
    """The text on one line without control or direction characters, cut to `length`."""
    line = " ".join(_UNPRINTABLE.sub(" ", text).split())
    return line if len(line) <= length else line[: length - 1] + "…"


def excerpt(body: bytes, *, length: int = 160) -> str:
    """The beginning of an already masked body as one printable line."""
    return one_line(body[:4096].decode("utf-8", "replace"), length=length)


def _forms(key: str) -> list[tuple[str, bool]]:
    """Every spelling of a key, and whether it counts only as a whole word."""
    encoded = quote(key, safe="")
    forms = {key, encoded, re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), encoded)}
    if len(key) < SHORTEST_UNMISTAKABLE_KEY:
        return [(form, True) for form in forms]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for shift in range(3):  # where in a group of three bytes the key begins
            # of the encoded text only these characters depend on nothing but the key
            first, last = -(-8 * shift // 6), 8 * (shift + len(key)) // 6
            forms.add(encode(b"\0" * shift + key.encode())[first:last].decode())
    return [(form, False) for form in forms]
