"""The dashboard: the published night in a browser, on the loopback, read-only.

Run as ``streamlit run reports/dashboard.py -- PATH_OF_THE_PUBLISHED_FILE``. A night published
while the page is open appears by itself: everything read is cached under the file's identity
(inode and time of change), which a swap replaces.
"""

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import streamlit as st

from reports import blocks, panels, wording
from reports.night import Night, read_night
from reports.queries import Published, open_published
from reports.status import RunStatus

Identity = tuple[str, int, int]
SECONDS_BETWEEN_LOOKS = 30
PAGES = ("Overview", "Portfolio and risk", "Strategies", "Markets", "Data quality")


def file_identity(path: Path) -> Identity:
    """What changes whenever another night is published at the same path."""
    found = path.stat()
    return str(path), found.st_ino, found.st_mtime_ns


def published_status(published: Published) -> RunStatus:
    """The status of the published night, as its own file records it."""
    context = published.one(
        "ops.build_context",
        ["night", "as_of_at", "ledger_version", "world", "code_hash", "config_hash"],
    )
    attempts = published.rows(
        "ops.nights",
        ["attempt", "status", "run_id", "started_at", "finished_at", "manifest_hash", "reasons"],
        where="night = ?",
        order_by="attempt desc",
        parameters=[context["night"]],
    )
    latest = attempts[0] if attempts else {}
    return RunStatus(
        night=context["night"] or date.min,
        status=latest.get("status") or "UNKNOWN",
        attempt=latest.get("attempt") or 0,
        run_id=latest.get("run_id") or "",
        world=context["world"] or "unknown",
        as_of_at=context["as_of_at"],
        started_at=latest.get("started_at") or context["as_of_at"],
        finished_at=latest.get("finished_at"),
        ledger_version=context["ledger_version"] or 0,
        code_hash=context["code_hash"] or "",
        config_hash=context["config_hash"] or "",
        reasons=tuple(json.loads(latest.get("reasons") or "[]")),
        manifest_hash=latest.get("manifest_hash"),
    )


@st.cache_data(max_entries=4, show_spinner="Reading the published night")
def page_content(identity: Identity, page: str, strategy: str) -> dict[str, Any]:
    """Everything that a page shows; read once per published file."""
    with open_published(Path(identity[0])) as published:
        night = read_night(published, published_status(published))
        return {"head": _head(night), "body": panels.PANELS[page](night, strategy)}


def _head(night: Night) -> dict[str, Any]:
    return {
        "night": night.session,
        "status": night.status.status,
        "reasons": night.status.reasons,
        "as_of": wording.moment(night.status.as_of_at),
        "world": night.world,
        "mark": night.mark,
        "strategies": night.strategies,
    }


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def _watch(path: Path, seen: Identity) -> None:
    """Start the page anew once another night stands at the path."""
    if path.exists() and file_identity(path) != seen:
        st.rerun()


def show(path: Path) -> None:
    """Show the chosen page of the published file."""
    st.set_page_config(page_title="Modular Quant Platform", layout="wide")
    if not path.exists():
        st.info("Nothing has been published here yet: run `mqp nightly` first.")
        return
    identity = file_identity(path)
    page = st.sidebar.radio("Page", PAGES)
    strategy = ""
    if page == "Strategies":
        names = page_content(identity, PAGES[0], "")["head"]["strategies"]
        strategy = st.sidebar.selectbox("Strategy", names, format_func=wording.strategy)
    content = page_content(identity, page, strategy)
    _show_head(content["head"])
    for block in content["body"]:
        blocks.show(block)
    _watch(path, identity)


def _show_head(head: dict[str, Any]) -> None:
    if head["mark"]:
        st.error(
            f"**{head['mark'].upper()} DATA** ({head['world']}): no figure here is evidence of "
            "anything about a real market."
        )
    st.title(wording.long_day(head["night"]))
    tell = st.success if head["status"] == "CLEAN" else st.warning
    # text, not markdown: reasons may quote a provider
    tell(f"{head['status']}, as of {head['as_of']}")
    for reason in head["reasons"]:
        st.text(f"\u2013 {reason}")


def _path_argument() -> Path:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("published", type=Path, help="path of quant.duckdb")
    return Path(parser.parse_args(sys.argv[1:]).published)


if __name__ == "__main__":
    show(_path_argument())
