"""The dashboard as its users start it, and a visitor who notices what should not be."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, Route, sync_playwright

LOOPBACK = "127.0.0.1"
PATIENCE_SECONDS = 120.0
IDLE = (
    "document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state')"
    " === 'notRunning'"
    " && !document.querySelector('[data-testid=stSpinner], [data-testid=stSkeleton]')"
)
DRAWN = (
    "[...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
    ".every(chart => chart.querySelector('.js-plotly-plot .trace'))"
)


def chromium() -> str | None:
    """Where the system's Chromium is; None where there is none."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)


@contextmanager
def running_dashboard(environment: Mapping[str, str]) -> Iterator[str]:
    """Run `mqp dashboard` in a process of its own on a free port; gives its address."""
    with socket.socket() as free:
        free.bind((LOOPBACK, 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "orchestration.cli", "dashboard", "--port", str(port)],
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    address = f"http://{LOOPBACK}:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, f"the dashboard ended with {process.returncode}"
        try:
            with urlopen(f"{address}/_stcore/health", timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError("the dashboard did not come up")


@contextmanager
def running_chromium(executable: str) -> Iterator[Browser]:
    """Run the system's Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, headless=True, args=["--no-sandbox"]
        )
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page of the dashboard, and what a browser complained about meanwhile.

    `foreign`: addresses beyond the loopback that were asked for; they are not reached.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def go(self, address: str, **query: str) -> None:
        """Open an address and wait until everything on it stands there."""
        asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
        self.page.goto(f"{address}/?{asked}", wait_until="domcontentloaded")
        self.settle()

    def settle(self) -> None:
        """Wait until the script has ended and every chart is drawn."""
        self.page.wait_for_selector("h1", timeout=1000 * PATIENCE_SECONDS)
        self.page.wait_for_function(IDLE, timeout=1000 * PATIENCE_SECONDS)
        self.page.wait_for_function(DRAWN, timeout=1000 * PATIENCE_SECONDS)

    def await_words(self, words: str) -> None:
        """Wait until words stand on the page, and everything else too."""
        self.page.wait_for_function(
            "words => document.querySelector('[data-testid=stMain]').textContent.includes(words)",
            arg=words,
            timeout=1000 * PATIENCE_SECONDS,
        )
        self.settle()

    def count(self, selector: str) -> int:
        """How many elements there are of a kind."""
        return self.page.locator(selector).count()

    @property
    def text(self) -> str:
        """Everything that can be read on the page, closed branches and charts included."""
        return self.page.locator("[data-testid=stMain]").evaluate("page => page.textContent")

    @property
    def overflow(self) -> int:
        """By how many pixels the page is wider than its window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@contextmanager
def visit(browser: Browser, *, width: int = 1400, height: int = 900, scheme: str = "light"
          ) -> Iterator[Visit]:  # fmt: skip
    """Open an empty window that reports what it should not see."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    found = Visit(page)

    def only_loopback(route: Route) -> None:
        url = route.request.url
        if urlsplit(url).hostname == LOOPBACK or url.startswith(("data:", "blob:")):
            route.continue_()
        else:
            found.foreign.append(url)
            route.abort()

    context.route("**/*", only_loopback)
    page.on("console", lambda told: found.complaints.append(told.text)
            if told.type == "error" else None)  # fmt: skip
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    page.on("websocket", lambda socket: found.foreign.append(socket.url)
            if urlsplit(socket.url).hostname != LOOPBACK else None)  # fmt: skip
    yield found
    context.close()


def seconds_to_content(browser: Browser, address: str) -> float:
    """From opening the first page until its first table stands there."""
    with visit(browser) as found:
        start = time.perf_counter()
        found.page.goto(address, wait_until="domcontentloaded")
        found.page.wait_for_selector(".sheet td", timeout=1000 * PATIENCE_SECONDS)
        return time.perf_counter() - start


def copied_home(published: Path, data: Path, folder: Path) -> Path:
    """A home of its own with the published night; the stored responses are those of the other."""
    home = folder / "home"
    (home / "warehouse").mkdir(parents=True)
    shutil.copy(published, home / "warehouse" / "quant.duckdb")
    (home / "data").symlink_to(data)
    return home
