"""The dashboard: the published night in a browser, on the loopback, read-only.

A night published while the page is open appears by itself: everything read is cached under the
file's identity (inode and time of change), which a swap replaces.
"""

import json
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import streamlit as st

from reports import wording
from reports.dashboard import asking, blocks, pages
from reports.dashboard.answers import Answers
from reports.dashboard.markup import style_html
from reports.dashboard.nights import published_nights
from reports.night import Night, read_night
from reports.queries import Published, open_published
from reports.status import RunStatus

Identity = tuple[str, int, int]
SECONDS_BETWEEN_LOOKS = 10


@dataclass(frozen=True)
class Head:
    """What stands above every page, and what its choices are."""

    night: date
    status: str
    reasons: tuple[str, ...]
    as_of: str
    world: str
    mark: str
    strategies: tuple[str, ...]
    symbols: tuple[str, ...]
    nights: tuple[date, ...]
    first_decision: date | None


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
def night_content(identity: Identity) -> tuple[Night, Head]:
    """What every page needs of the night, without the open file; read once per published file."""
    with open_published(Path(identity[0])) as published:
        night = read_night(published, published_status(published))
        return replace(night, published=Published(None)), _head(night)


@st.cache_data(max_entries=64, show_spinner="Reading the published night")
def page_content(identity: Identity, page: str, subject: str) -> list[blocks.Block]:
    """Everything that a page shows; read once per published file."""
    night, _ = night_content(identity)
    with open_published(Path(identity[0])) as published:
        return pages.PANELS[page](replace(night, published=published), subject)


def _head(night: Night) -> Head:
    decided = night.published.rows("analytics.target_weights", ["session_date"],
                                   order_by="session_date limit 1")  # fmt: skip
    held = {holding.symbol for holding in night.book.holdings}
    symbols = {symbol for _, symbol in night.states}
    return Head(
        night=night.session,
        status=night.status.status,
        reasons=night.status.reasons,
        as_of=wording.moment(night.status.as_of_at),
        world=night.world,
        mark=night.mark,
        strategies=night.strategies,
        symbols=tuple(sorted(symbols, key=lambda symbol: (symbol not in held, symbol))),
        nights=tuple(published_nights(night)),
        first_decision=decided[0]["session_date"] if decided else None,
    )


@st.fragment(run_every=SECONDS_BETWEEN_LOOKS)
def _watch(path: Path, seen: Identity) -> None:
    """Start the page anew once another night stands at the path."""
    if path.exists() and file_identity(path) != seen:
        st.rerun()


def show(path: Path, answers: Answers) -> None:
    """Show the chosen page of the published file."""
    st.set_page_config(page_title="Modular Quant Platform", layout="wide")
    st.html(style_html())
    if not path.exists():
        st.info("Nothing has been published here yet: run `mqp nightly` first.")
        return
    page = st.segmented_control(
        "Page", list(pages.PANELS), default=pages.FIRST, required=True, key="page",
        label_visibility="collapsed", bind="query-params",
    )  # fmt: skip
    identity = file_identity(path)
    night, head = night_content(identity)
    _show_head(head)
    subject = _subject(page, head)
    for block in page_content(identity, page, subject):
        blocks.show(block)
    if page == pages.SIGNALS and subject:
        asking.show_reasons(identity, subject, head.first_decision, head.night, answers)
    elif page == pages.NIGHTS:
        asking.show_difference(identity, night, head.nights, answers)
    _watch(path, identity)


def _show_head(head: Head) -> None:
    if head.mark:
        st.error(
            f"**{head.mark.upper()} DATA** ({head.world}): no figure here is evidence of "
            "anything about a real market."
        )
    st.title(wording.long_day(head.night), anchor=False)
    tell = st.success if head.status == "CLEAN" else st.warning
    # text, not markdown: reasons may quote a provider
    tell(f"{head.status}, as of {head.as_of}")
    for reason in head.reasons:
        st.text(f"\u2013 {reason}")


def _subject(page: str, head: Head) -> str:
    """What the page is about: a strategy, a symbol, or nothing in particular."""
    if page == pages.STRATEGIES:
        return str(
            st.segmented_control(
                "Strategy", head.strategies, default=head.strategies[0], required=True,
                format_func=wording.strategy, key="strategy",
            )
        )  # fmt: skip
    if page == pages.SIGNALS and head.symbols:
        return str(st.selectbox("Symbol", head.symbols, key="symbol", width=320,
                                bind="query-params"))  # fmt: skip
    return ""
