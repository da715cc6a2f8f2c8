"""The page that leads to all others: it links what is there, and nothing outside its folder."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest

from orchestration.errors import NightError
from orchestration.lineage import without_network
from reports.docs_index import FILES, render_docs_index
from reports.status import RunStatus

StatusOf = Callable[..., RunStatus]


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def links(page: str) -> list[str]:
    return [unquote(found) for found in re.findall(r'<a href="([^"]*)"', page)]


def test_every_link_leads_to_a_file(tmp_path: Path, status_of: StatusOf) -> None:
    put(tmp_path, *FILES, "backtests/portfolio_1a2b.html", "backtests/equities 7.html")
    found = links(render_docs_index(tmp_path, status_of()))
    assert len(found) == len(FILES) + 2
    assert all((tmp_path / "docs" / address).resolve().is_file() for address in found)


def test_page_that_is_not_there_is_named_without_a_link(
    tmp_path: Path, status_of: StatusOf
) -> None:
    put(tmp_path, "latest.html")
    page = render_docs_index(tmp_path, status_of())
    assert links(page) == ["../latest.html"]
    assert page.count("(not written yet)") == len(FILES) - 1
    assert "None yet" in page


def test_hostile_file_name_is_only_a_name(tmp_path: Path, status_of: StatusOf) -> None:
    names = ("<script>alert(1)<.html", "javascript:alert(1).html", '" onclick="x.html')
    put(tmp_path, *(f"backtests/{name}" for name in names))
    page = render_docs_index(tmp_path, status_of(code_hash="<script>alert(2)</script>"))
    assert "<script>alert" not in page
    assert sorted(links(page)) == sorted(f"../backtests/{name}" for name in names)


def test_simulated_night_says_so(tmp_path: Path, status_of: StatusOf) -> None:
    assert "SIMULATED DATA" in render_docs_index(tmp_path, status_of(world="sandbox:7"))
    assert "SIMULATED DATA" not in render_docs_index(tmp_path, status_of())


def test_policy_stands_before_anything_that_a_page_loads() -> None:
    page = without_network("<html><head><script src='https://x/y.js'></script></head></html>")
    assert page.index("default-src 'none'") < page.index("https://x")


@pytest.mark.parametrize("page", ["<html></html>", "<head></head><head></head>"])
def test_page_of_another_shape_is_refused(page: str) -> None:
    with pytest.raises(NightError, match="not as it was"):
        without_network(page)
