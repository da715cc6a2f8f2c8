"""The two questions of the dashboard that take more than the published file: why, and what changed.

Their answers come last on their pages, so that the rest stands there meanwhile.
"""

from datetime import date

import streamlit as st

from reports.dashboard import blocks
from reports.dashboard.answers import Answers, NoAnswerError, Reasons
from reports.dashboard.markup import tree_html
from reports.dashboard.nights import difference_panel
from reports.difference import Difference
from reports.night import Night

Identity = tuple[str, int, int]


def show_reasons(
    identity: Identity, symbol: str, first: date | None, last: date, answers: Answers
) -> None:
    """Ask why a symbol has its weight after a session, and show every reason down to its source."""
    blocks.show(blocks.Heading("Why this weight"))
    session = st.date_input(
        "Decision of", value=last, min_value=first or last, max_value=last, width=320,
        format="YYYY-MM-DD", key=f"decision {last}",
    )  # fmt: skip
    try:
        found = _why(identity, symbol, session, answers)
    except NoAnswerError as err:
        blocks.show(blocks.Words(str(err)))
        return
    st.text("\n".join(found.head))
    if found.lost:
        st.warning(
            f"{found.lost} of {found.responses} stored responses do not open: the branches say "
            "which, and what to do."
        )
    elif not found.is_sound:
        st.warning("A number does not come out again: its line shows both values.")
    st.html(tree_html(found.tree))


def show_difference(
    identity: Identity, night: Night, nights: tuple[date, ...], answers: Answers
) -> None:
    """Show what changed between two published nights, the latest two at first."""
    blocks.show(blocks.Heading("What changed between two nights"))
    if len(nights) < 2:
        blocks.show(blocks.Words("There is no earlier night to compare with."))
        return
    left, right = st.columns(2)
    later = left.selectbox("Night", nights[:-1], key=f"later {nights[0]}")
    before = [each for each in nights if each < later]
    earlier = right.selectbox("Compared with", before, key=f"earlier {later}")
    try:
        found = _difference(identity, earlier, later, answers)
    except NoAnswerError as err:
        blocks.show(blocks.Words(str(err)))
        return
    if found is not None:
        for block in difference_panel(night, found):
            blocks.show(block)


def _difference(
    identity: Identity, earlier: date, later: date, answers: Answers
) -> Difference | None:
    """The stored difference, or one worked out when it is asked for; None while it is not."""
    stored = _stored(identity, earlier, later, answers)
    if stored is not None:
        return stored
    asked = f"compare {identity} {earlier} {later}"
    if not st.session_state.get(asked):
        st.text(
            "This comparison is not stored, or was made by other code: it is worked out on a copy "
            "of the ledger, which takes from seconds to minutes."
        )
        if st.button("Compare them", key=f"button {asked}"):
            st.session_state[asked] = True
            st.rerun()
        return None
    return _worked_out(identity, earlier, later, answers)


@st.cache_data(max_entries=64, show_spinner="Opening the stored responses")
def _why(identity: Identity, symbol: str, session: date, _answers: Answers) -> Reasons:
    return _answers.why(symbol, session)


@st.cache_data(max_entries=64, show_spinner=False)
def _stored(identity: Identity, earlier: date, later: date, _answers: Answers) -> Difference | None:
    return _answers.stored_difference(earlier, later)


@st.cache_data(max_entries=16, show_spinner="Comparing the nights")
def _worked_out(identity: Identity, earlier: date, later: date, _answers: Answers) -> Difference:
    return _answers.difference(earlier, later)
