"""Only symbols touch paths and URLs."""

import pytest

from ingestion.errors import SymbolError
from ingestion.symbols import checked_symbol, path_segment


@pytest.mark.parametrize("symbol", ["A", "BRK.B", "BF-B", "^VIX", "KIMpL", "ES=F", "BAMLH0A0HYM2"])
def test_symbol_passes_unchanged(symbol):
    assert checked_symbol(symbol) == symbol


@pytest.mark.parametrize(
    "text",
    ["", " ", "../../etc/passwd", "A/B", "A\\B", "..", ".", "A..B", "A.", "A" * 300, "A B", "Ä",
     "A\0", "A\n", "-rf", "^", "%2e%2e", "A?b=c"],
)  # fmt: skip
def test_anything_else_is_refused_in_one_clear_sentence(text):
    with pytest.raises(SymbolError, match="symbol") as caught:
        checked_symbol(text)

    assert len(str(caught.value)) < 120


def test_caret_is_quoted_in_a_path():
    assert path_segment("^VIX") == "%5EVIX"
