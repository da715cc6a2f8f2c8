"""The dashboard of a real night in a real browser: every page, and what must not happen on any."""

import os
import shutil
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from reports.dashboard.pages import PANELS
from tests.browser.dashboard import (
    chromium,
    copied_home,
    running_chromium,
    running_dashboard,
    seconds_to_content,
    visit,
)
from tests.conftest import NightHome, environment
from warehouse.connection import connect

REQUIRED = os.environ.get("MQP_BROWSER_TESTS") == "required"
SHOWN = {
    "Overview": (2, 2, "What to hold on Monday 1 July 2024"),
    "Portfolio and risk": (5, 6, "Losses to expect in the next session"),
    "Strategies": (2, 2, "Metrics of every variant"),
    "Signals": (2, 2, "opens"),
    "Markets": (6, 1, "Curve by maturity"),
    "Data quality": (0, 1, "checks hold"),
    "Nights": (0, 1, "There is no earlier night to compare with."),
}
"""Page → charts and tables that stand there at least, and words that only data brings."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium; a machine without one says that nothing was tried."""
    executable = chromium()
    if executable is None:
        told = "no Chromium: the dashboard was not opened in a browser (apt-get install chromium)"
        if REQUIRED:
            pytest.fail(told)
        pytest.skip(told)
    with running_chromium(executable) as running:
        yield running


@pytest.fixture(scope="module")
def home(sandbox_night: NightHome, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the shared night, in which another may be published."""
    folder = tmp_path_factory.mktemp("dashboard")
    return copied_home(sandbox_night.published, sandbox_night.home / "data", folder)


@pytest.fixture(scope="module")
def address(browser: Browser, home: Path) -> Iterator[str]:
    """Where the dashboard of that home answers."""
    with running_dashboard(environment(home, {"MQP_SOURCES": "sandbox"})) as address:
        took = seconds_to_content(browser, address)
        print(f"first page of a fresh dashboard: {took:.1f} s until its first table")
        yield address


def test_no_page_is_left_out() -> None:
    assert tuple(SHOWN) == tuple(PANELS)


@pytest.mark.parametrize("page", SHOWN)
def test_page_shows_the_night(browser: Browser, address: str, page: str) -> None:
    charts, tables, words = SHOWN[page]
    with visit(browser) as found:
        found.go(address, page=page)
        assert found.page.locator("h1").inner_text() == "Friday 28 June 2024"
        assert "SIMULATED DATA (sandbox:7)" in found.text
        assert words in found.text
        assert found.count("[data-testid=stPlotlyChart]") >= charts
        assert found.count(".sheet table") >= tables
        assert found.count("[data-testid=stException]") == 0
        assert found.overflow <= 0
    assert found.complaints == []
    assert found.foreign == []


@pytest.mark.parametrize("page", SHOWN)
def test_page_fits_a_phone_in_the_dark(browser: Browser, address: str, page: str) -> None:
    with visit(browser, width=390, height=844, scheme="dark") as found:
        found.go(address, page=page)
        assert found.overflow <= 0
        colour = found.page.locator("[data-testid=stApp]").evaluate(
            "app => getComputedStyle(app).backgroundColor"
        )
        assert max(map(int, colour.strip("rgb()").split(",")[:3])) < 60
    assert found.complaints == []
    assert found.foreign == []


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 101), ("elsewhere.example", 403)])
def test_page_of_another_site_cannot_read_the_night(
    browser: Browser, address: str, host: str, status: int
) -> None:
    """A foreign name that is made to point here asks with its own name as the host."""
    port = urlsplit(address).port
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "GET",
        "/_stcore/stream",
        headers={
            "Host": f"{host}:{port}",
            "Origin": f"http://{host}:{port}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        },
    )
    assert connection.getresponse().status == status
    connection.close()


def test_visit_writes_nothing(browser: Browser, address: str, home: Path) -> None:
    def state() -> dict[str, tuple[int, int]]:
        return {
            str(path): (path.stat().st_mtime_ns, path.stat().st_size)
            for path in home.rglob("*")
            if path.is_file()
        }

    before = state()
    with visit(browser) as found:
        for page in SHOWN:
            found.go(address, page=page)
    assert state() == before


def test_pages_are_reached_by_a_click(browser: Browser, address: str) -> None:
    with visit(browser) as found:
        found.go(address)
        for page in list(SHOWN)[1:]:
            found.page.get_by_role("radio", name=page, exact=True).click()
            found.await_words(SHOWN[page][2])
            expect(found.page).to_have_url(f"{address}/?page={page.replace(' ', '+')}")
            assert found.count("[data-testid=stException]") == 0
    assert found.complaints == []


def test_strategy_is_drilled_into(browser: Browser, address: str) -> None:
    with visit(browser) as found:
        found.go(address, page="Strategies")
        found.page.get_by_role("radio", name="Credit", exact=True).click()
        expect(found.page.get_by_role("heading", name="Credit", exact=True)).to_be_visible()
        found.settle()
        assert "zscore_percentile" in found.text


def test_reasons_of_a_symbol_end_in_stored_responses_that_open(
    browser: Browser, address: str
) -> None:
    with visit(browser) as found:
        found.go(address, page="Signals", symbol="AAPL")
        expect(found.page.get_by_role("heading", name="AAPL · Apple")).to_be_visible()
        told = found.page.locator(".reasons").evaluate("tree => tree.textContent")
        assert "final weight of AAPL" in told
        assert "polygon daily_bars" in told
        assert "✓ opens" in told
        assert "✗" not in told
        closed = found.page.locator(".reasons details:not([open])")
        before = closed.count()
        closed.first.locator("> summary").click()
        expect(closed).to_have_count(before - 1)


def test_lost_responses_are_said_and_the_page_still_stands(
    browser: Browser, sandbox_night: NightHome, tmp_path: Path
) -> None:
    (tmp_path / "nothing").mkdir()
    bare = copied_home(sandbox_night.published, tmp_path / "nothing", tmp_path)
    with (
        running_dashboard(environment(bare, {"MQP_SOURCES": "sandbox"})) as address,
        visit(browser) as found,
    ):
        found.go(address, page="Signals", symbol="AAPL")
        assert "stored responses do not open" in found.text
        assert "the file is gone" in found.text
        assert found.count("[data-testid=stException]") == 0


def test_newly_published_night_appears_by_itself(
    browser: Browser, address: str, home: Path
) -> None:
    published = home / "warehouse" / "quant.duckdb"
    another = home / "warehouse" / "next.duckdb"
    shutil.copy(published, another)
    with connect(another) as connection:
        connection.execute(
            "update ops.nights set status = 'DEGRADED', reasons = '[\"VIX is one session late\"]'"
        )
    with visit(browser) as found:
        found.go(address)
        assert "CLEAN, as of" in found.text
        another.replace(published)  # as a publication swaps it
        late = found.page.get_by_text("VIX is one session late").first
        expect(late).to_be_visible(timeout=60_000)
        assert "DEGRADED, as of" in found.text
    assert found.complaints == []
