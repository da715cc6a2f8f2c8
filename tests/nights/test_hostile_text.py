"""Formulas, markup and control characters of a provider, from the request to every page.

A night at 16:20 New York, so that a company's name, known from its fetch on, is known by the
decision. Every headline and the name of a company that no list of ours has begin with the text of
`EVIL_TEXT`; one story is stamped after its fetch, so that gate 1 shows it; one answer is an error
with such a body.
"""

import csv
import io
import json
from dataclasses import dataclass, field
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import pytest

import orchestration.night
from ingestion.sandbox.faults import FaultRule
from ingestion.sandbox.rehearsals import REHEARSALS
from ingestion.sandbox.spoiling.rows import EVIL_TEXT
from tests.conftest import NightHome
from tests.durability.boundaries import before
from tests.quick_command import quick_mqp
from tests.reports.test_dashboard import PAGES, opened, own_main  # noqa: F401  a fixture
from warehouse.connection import connect

EARLY = "2024-06-28T20:20:00Z"
STRANGER = "ZZA"  # a symbol that no seed names
MARKUP, FORMULA = "<script>alert(1)</script>", "=HYPERLINK("
STEERING = ("\x1b", "\x07", "\u202e")
LOADING = ("href", "src", "srcset", "action", "formaction", "data", "poster", "style")
FORMULA_STARTS = ("=", "+", "@", "\t", "\r", "\n")
REFUSED = FaultRule("status", {"code": 400, "body": EVIL_TEXT}, "finnhub", "company-news", "^KO$")
DATED_LATE = """
    update raw.finnhub__company_news set published_at = fetched_at + interval 5 minute
    where symbol = 'AAPL' and story_id = (
        select max(story_id) from raw.finnhub__company_news where symbol = 'AAPL'
    )
"""


def date_a_story_late(ledger: Path) -> None:
    with connect(ledger) as connection:
        connection.execute(DATED_LATE)


def make_hostile(home: Path) -> None:
    """Put the provider's error before the rehearsal's own faults, and one story after its fetch."""
    rules = (REFUSED, *REHEARSALS["hostile-text"].rules)
    orchestration.night.rehearsal_rules = lambda _: rules
    late = partial(date_a_story_late, home / "warehouse" / "ledger.duckdb")
    before("orchestration.night:NightRun.gate_1").arrange(late)


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> NightHome:
    home = tmp_path_factory.mktemp("hostile")
    universe = home / "universe.yaml"
    universe.write_text(f"name: hostile\nbenchmark: SPY\nmembers: [AAPL, KO, {STRANGER}]\n")
    done = quick_mqp(
        home,
        *("nightly", "--rehearse", "hostile-text"),
        expect=3,
        arrange=partial(make_hostile, home),
        MQP_NOW=EARLY,
        MQP_UNIVERSE=str(universe),
    )
    quick_mqp(home, "docs", MQP_NOW=EARLY)
    return NightHome(home, done.stdout + done.stderr)


@dataclass
class Page(HTMLParser):
    """What a browser makes of a page: its elements, and its text outside of scripts."""

    seen: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    text: str = ""
    scripts: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.cdata_elem == "script":
            self.scripts += data
        else:
            self.text += data


def read_page(path: Path) -> Page:
    return parsed(path.read_text(encoding="utf-8"))


def parsed(html: str) -> Page:
    page = Page()
    page.feed(html)
    page.close()
    return page


def assert_harmless(page: Page, name: str) -> None:
    """No script, handler or address of the page is of the provider's text."""
    assert "alert(1)" not in page.scripts, name
    for tag, attributes in page.seen:
        assert not any(key.startswith("on") for key in attributes), (name, tag)
        loaded = [attributes.get(key) or "" for key in LOADING]
        assert not any("foreign.example" in address for address in loaded), (name, tag)
        assert "alert(2)" not in str(loaded), (name, tag)


def steers(text: str) -> list[str]:
    return [mark for mark in STEERING if mark in text]


def told(night: NightHome, *arguments: str, expect: int | None = 0) -> str:
    universe = str(night.home / "universe.yaml")
    done = quick_mqp(night.home, *arguments, expect=expect, MQP_NOW=EARLY, MQP_UNIVERSE=universe)
    return done.stdout + done.stderr


def test_text_arrives_in_the_published_file_as_it_was_sent(night: NightHome) -> None:
    with connect(night.published, read_only=True) as published:
        names = published.execute(
            "select name, sector from marts.dim_instruments where symbol = ?", [STRANGER]
        ).fetchone()
        headlines = published.execute(
            "select distinct starts_with(headline, ?) from staging.stg_polygon__news", [EVIL_TEXT]
        ).fetchall()
    assert names is not None
    assert all(name.startswith(EVIL_TEXT) for name in names)
    assert headlines == [(True,)]


@pytest.mark.parametrize(
    "name",
    ["latest.html", "data_docs/index.html", "data_docs/gate_1_finnhub__company_news.html"],
)
def test_page_shows_the_text_as_text(night: NightHome, name: str) -> None:
    text = read_page(night.home / "reports" / name).text
    assert MARKUP in text
    assert FORMULA in text


def test_no_page_runs_the_text(night: NightHome) -> None:
    pages = sorted((night.home / "reports").rglob("*.html"))
    assert {"latest.html", "index.html", "lineage.html"} <= {path.name for path in pages}
    for path in pages:
        assert_harmless(read_page(path), path.name)
        assert steers(path.read_text(encoding="utf-8")) == [], path.name


def test_report_says_whose_name_it_is(night: NightHome) -> None:
    """The name stands beside its symbol, its control characters as question marks."""
    text = read_page(night.home / "reports" / "latest.html").text
    shown = EVIL_TEXT.translate(dict.fromkeys(map(ord, STEERING), "?"))
    assert f"{STRANGER}{shown} {STRANGER} Sandbox Corporation" in text


def test_no_cell_of_a_file_is_a_formula(night: NightHome) -> None:
    files = sorted((night.home / "reports").rglob("*.csv"))
    assert {"orders.csv", "equities_trades.csv"} <= {path.name for path in files}
    for path in files:
        text = path.read_text(encoding="utf-8")
        assert steers(text) == [], path.name
        for row in csv.reader(io.StringIO(text)):
            assert not any(cell.startswith(FORMULA_STARTS) for cell in row), path.name


def test_query_gives_a_spreadsheet_text_and_a_program_the_value(night: NightHome) -> None:
    query = f"select name, sector from marts.dim_instruments where symbol = '{STRANGER}'"
    text = told(night, "sql", "--format", "csv", query)
    assert steers(text) == []
    _, cells = csv.reader(io.StringIO(text))
    assert all(cell.startswith(f"'{FORMULA}") and MARKUP in cell for cell in cells)
    (row,) = json.loads(told(night, "sql", "--json", query))
    assert all(value.startswith(EVIL_TEXT) for value in row.values())


def test_files_for_programs_hold_the_text_as_a_string(night: NightHome) -> None:
    for name in ("run_status.json", "report.json"):
        content = (night.home / "reports" / name).read_text(encoding="utf-8")
        assert steers(content) == [], name
        found = json.loads(content)
        fallbacks = found.get("fallbacks") or found["status"]["fallbacks"]
        assert [MARKUP in row["sentence"] for row in fallbacks] == [True], name


def test_terminal_is_not_steered(night: NightHome) -> None:
    query = f"select name from marts.dim_instruments where symbol = '{STRANGER}'"
    assert FORMULA in told(night, "sql", query)
    assert MARKUP in told(night, "why", "KO")
    for arguments in (("sql", query), ("why", "KO"), ("why", STRANGER), ("sentiment",)):
        assert steers(told(night, *arguments, expect=None)) == [], arguments
    assert steers(night.output) == []


@pytest.mark.usefixtures("own_main")
def test_dashboard_shows_the_text_where_nothing_is_rendered(night: NightHome) -> None:
    """Cells of a table are drawn as text, HTML has it escaped, and Markdown none of it."""
    in_cells, in_words = set(), set()
    for name in PAGES:
        app = opened(night.published, name)
        assert not app.exception
        for element in app.main:
            rendered = str(getattr(element, "value", ""))
            if element.type in ("dataframe", "arrow_data_frame"):
                in_cells |= {name} if MARKUP in element.value.to_csv() else set()
            elif element.type == "html":
                page = parsed(rendered)
                assert_harmless(page, name)
                assert steers(rendered) == [], name
                assert page.scripts == "", name
                in_words |= {name} if MARKUP in page.text else set()
            elif element.type != "text":
                assert "alert(1)" not in rendered, (name, element.type)
    assert in_cells == {"Data quality"}
    assert "Signals" in in_words  # the reasons below a symbol quote what a provider answered


def test_logs_are_lines_of_json(night: NightHome) -> None:
    for name in ("signal_engine.log", "ingestion.log"):
        text = (night.home / "logs" / name).read_text(encoding="utf-8")
        assert text
        for line in text.splitlines():
            assert isinstance(json.loads(line), dict), name
        assert steers(text) == [], name
