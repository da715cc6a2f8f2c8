"""How an explanation looks on a terminal: one branch per reason, one leaf per stored response."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from ingestion.masking import one_line
from warehouse.why.explain import Explanation
from warehouse.why.node import Node, Response, Value
from warehouse.why.record import Recorded
from warehouse.why.wording import percent

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

SIGNS = {
    "sum": " + ",
    "product": " \N{MULTIPLICATION SIGN} ",
    "difference": " - ",
    "quotient": " / ",
}
LISTS = {"least": ("the smaller of ", " and "), "mean": ("the mean of ", ", ")}
TONES = {"plain": "bold cyan", "good": "bold green", "bad": "bold red"}
LEGEND = "✓ comes out again when it is computed from what stands below it"
SHORT_HASH = 12
LONGEST_LINE = 160
MOST_TERMS = 6
MOST_PLAIN_LINES = 30


def head_lines(found: Explanation, *, banner: str | None, installed_code: str) -> Iterator["Text"]:
    """What is explained, from which file, and what was recorded at the time."""
    from rich.text import Text

    decision, stamp = found.question.decision, found.stamp
    yield Text.assemble(
        (f"{found.question.subject} on {decision.session}", "bold"),
        f", decided {_moment(decision.decided_at)} (16:30 New York)",
        f", filled on {decision.effective_session}",
    )
    status = f" {stamp.status}" if stamp.status and decision.is_tonight else ""
    file = f"Published night {stamp.night}{status}, ledger version {stamp.ledger_version}"
    yield Text.assemble(file, (f"  {banner} ({stamp.world})" if banner else "", "bold yellow"))
    if not decision.is_tonight:
        ended = f" Its own night ended {stamp.status}." if stamp.status else ""
        yield Text(
            f"This is the decision of {decision.session} as the night of {stamp.night} computes "
            f"it, with the rows, the code and the settings of that night.{ended}"
        )
    if installed_code != stamp.code_hash:
        yield Text(
            f"The files named are those installed now (code {installed_code[:8]}); the night was "
            f"built with code {stamp.code_hash[:8]}.",
            style="yellow",
        )
    yield _record_line(found)
    if found.newest_row_at is not None:
        yield _known_line(found.newest_row_at, decision.decided_at)


def rendered(found: Explanation) -> "Tree":
    """The whole tree, and under it where its tables are made and what the mark means."""
    from rich.text import Text
    from rich.tree import Tree

    outer = Tree("", hide_root=True)
    root = outer.add(_label(found.tree, None, None), guide_style="dim")
    _grow(root, found.tree)
    outer.add(Text(LEGEND, style="dim"))
    outer.add(Text("Where these tables are made", style="dim bold"))
    for line in _maker_lines(found.tree):
        outer.add(Text(line, style="dim"))
    return outer


def _maker_lines(tree: Node) -> Iterator[str]:
    """Every table of the tree once, and the file or files that make it."""
    makers: dict[str, dict[str, None]] = {}
    for node in tree.walk():
        if node.relation and node.made_by:
            makers.setdefault(node.relation, {})[node.made_by] = None
    width = max(map(len, makers), default=0)
    for relation, files in makers.items():
        for name, file in zip([relation, *[""] * len(files)], files, strict=False):
            yield f"  {name:<{width}}  {file}"


def _grow(branch: "Tree", node: Node) -> None:
    from rich.text import Text

    before: Node | None = None
    told = [child for child in node.children if not _stands_in_formula(node, child)]
    plain = [child for child in told if not child.children and not child.response]
    left_out = plain[MOST_PLAIN_LINES:]
    for child in told:
        if child not in left_out:
            _grow(branch.add(_label(child, node, before)), child)
            before = child
    if left_out:
        branch.add(Text(f"… and {len(left_out)} more, which --json lists", style="dim"))


def _stands_in_formula(parent: Node, child: Node) -> bool:
    """A term that says no more than its number is told in the formula of its parent."""
    if not child.is_term or child.children or child.says:
        return False
    return parent.equation is not None


def _label(node: Node, parent: Node | None, before: Node | None) -> "Text":
    """One node: name, value, formula, where it stands, and its sentence."""
    from rich.text import Text

    if node.response:
        return _leaf_label(node.response)
    label = Text()
    label.append(one_line(node.what), "bold" if parent is None else "")
    if node.value is not None:
        label.append("  ")
        label.append(shown(node.value, node.unit), TONES[node.tone])
    if node.adds_up:
        label.append(" ✓", "green")
    if node.equation:
        label.append(f" = {formula(node)}")
    if node.adds_up is False:
        label.append(f"  ✗ computed again it is {shown(node.recomputed, node.unit)}", "bold red")
    origin = _origin(node, parent, before)
    between = "\n" if node.equation else "  "
    if node.says:
        label.append(between + one_line(node.says))
    if origin:
        label.append("  " + origin, "dim")
    return label


def formula(node: Node) -> str:
    """The equation of a node with the names and values of its terms."""
    terms = node.terms
    if len(terms) > MOST_TERMS:
        return f"the {node.equation} of {len(terms)} terms below"
    if node.equation == "sum":  # what the others are taken from comes first
        terms = tuple(sorted(terms, key=lambda term: not term.children))
    told = [f"{_short(term.what)} {_number(term)}" for term in terms]
    if node.equation in LISTS:
        opening, between = LISTS[str(node.equation)]
        return opening + between.join(told) if len(told) > 1 else "".join(told)
    return SIGNS[str(node.equation)].join(told)


def _short(what: str) -> str:
    """A term's name without the subject that the line has named already."""
    return what.partition(" of ")[0]


def _number(term: Node) -> str:
    """A term's value; the line has said what it is a fraction of."""
    if term.unit.startswith("fraction") and isinstance(term.value, float):
        return shown(term.value, term.unit).partition(" %")[0] + " %"
    return shown(term.value, term.unit)


def _origin(node: Node, parent: Node | None, before: Node | None) -> str:
    """The table and when it was known, as far as the lines above have not told it."""
    parts = []
    if node.relation and node.relation not in {n.relation for n in (parent, before) if n}:
        parts.append(node.relation)
    at = node.available_at
    if at and at not in {n.available_at for n in (parent, before) if n}:
        parts.append(f"known {_moment(at)}")
    return ", ".join(parts)


def _leaf_label(response: Response) -> "Text":
    from rich.text import Text

    rows = f"{response.row_count:,} row{'s' if response.row_count != 1 else ''}"
    days = f"{response.first_date}"
    if response.last_date != response.first_date:
        days += f" to {response.last_date}"
    label = Text()
    label.append(f"{response.provider} {response.dataset or ''}".strip(), "bold magenta")
    label.append(f"  {rows} of {days}")
    label.append(f"  {response.relation}", "dim")
    label.append(f"\nfetched {_moment(response.fetched_at)}")
    label.append(f", ledger version {response.ledger_version}, ")
    label.append(response.response_hash[:SHORT_HASH], "magenta")
    if response.problem:
        label.append("  ✗ does not open\n", "bold red")
        label.append(one_line(response.problem), "red")
    else:
        label.append("  ✓ opens", "green")
    if response.quoted:
        label.append(f"\n{one_line(response.quoted)}", "italic")
    for line in (response.endpoint, response.file):
        if line:
            label.append(f"\n{one_line(line, length=LONGEST_LINE)}", "dim")
    return label


def _record_line(found: Explanation) -> "Text":
    from rich.text import Text

    session, rows = found.question.decision.session, found.recorded
    if not rows:
        return Text(
            f"Nothing was recorded for {session}: "
            "no night was published before the open that its decisions are for."
        )
    changed = [row for row in rows if not row.is_equal]
    if len(rows) == 1:
        return Text(_recorded_in_words(rows[0]), style="yellow" if changed else "")
    told = f"Recorded on {session}: {len(rows)} decisions, "
    if not changed:
        return Text(told + "all with the weights shown here.")
    names = ", ".join(row.symbol for row in changed[:8]) + (", …" if len(changed) > 8 else "")
    return Text(f"{told}{len(changed)} with other weights than shown here ({names}).", "yellow")


def _known_line(newest_at: datetime, decided_at: datetime) -> "Text":
    """Whether everything that is listed was known when it was decided."""
    from rich.text import Text

    told = f"The newest row of a provider below was known {_moment(newest_at)}, "
    if newest_at <= decided_at:
        return Text(told + "before the decision.")
    return Text(told + "after the decision: see behind that row why it is listed.", "yellow")


def _recorded_in_words(row: Recorded) -> str:
    told = (
        f"Recorded at the time: final weight {percent(row.final_weight)} of equity ({row.reason}), "
        f"ledger version {row.ledger_version}"
    )
    if row.is_equal:
        return f"{told}: the same as here."
    if row.present_final_weight is None:
        return f"{told}; the present build does not decide on it."
    return f"{told}; the present build gives {percent(row.present_final_weight)}."


def shown(value: Value, unit: str) -> str:
    """A value as a person reads it: fractions as percentages, money with its cents."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, str | date):
        return one_line(str(value))
    if isinstance(value, int):
        if unit == "times":
            return f"{value:,}"
        return f"{value:,} {unit.removesuffix('s') if value == 1 else unit}".strip()
    if unit.startswith("fraction"):
        of_what = unit.removeprefix("fraction").strip()
        return f"{percent(value, 2 if of_what == 'a year' else 4)} {of_what}".strip()
    if unit == "USD":
        return f"{value:,.2f} USD"
    if unit in ("", "times", "score", "ratio", "share of rows", "deviations"):
        return f"{value:.6g}"
    return f"{value:,.6g} {unit}"


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
