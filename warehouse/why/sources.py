"""From rows to the stored responses that they came in: the leaves of the tree."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from warehouse.why.node import Node, Response
from warehouse.why.reading import Reader, Row

BAR_STAGING = {
    "polygon": "staging.stg_polygon__daily_bars",
    "fmp": "staging.stg_fmp__daily_prices",
    "finnhub": "staging.stg_finnhub__daily_candles",
    "yahoo": "staging.stg_yahoo__daily_bars",
}
STORY_STAGING = {
    "finnhub": "staging.stg_finnhub__company_news",
    "polygon": "staging.stg_polygon__news",
    "fmp": "staging.stg_fmp__news",
}
INDEX_STAGING = {
    "file": "staging.stg_cboe__index_history",
    "quote": "staging.stg_cboe__delayed_quotes",
    "fred": "staging.stg_fred__observations",
}
PROVENANCE = "available_at, fetched_at, ledger_version, response_hash"
"""Columns that every staged row of a provider carries."""


def response_nodes(reader: Reader, rows: Sequence[Row], *, subject: str) -> tuple[Node, ...]:
    """List the stored responses that rows came in, the newest first.

    Parameters
    ----------
    reader : says how many are listed.
    rows : staged rows: `relation, day` and the provenance; `story_id` where they are stories.
    subject : the symbol, series or index that they are about.

    Returns
    -------
    One leaf per response, and a line that counts those left out.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row["relation"], row["response_hash"]), []).append(row)
    ordered = sorted(groups.values(), key=_newest_day, reverse=True)
    leaves = [_leaf(group, subject) for group in ordered[: reader.most_responses]]
    left_out = ordered[reader.most_responses :]
    if left_out:
        first, last = min(map(_oldest_day, left_out)), max(map(_newest_day, left_out))
        leaves.append(
            Node(
                "older responses",
                len(left_out),
                says=f"hold the rows of {first} to {last}; --all lists and opens them",
            )
        )
    return tuple(leaves)


def with_fetches(reader: Reader, tree: Node) -> Node:
    """Tell of every stored response which request brought it, as `ops.fetches` has it."""
    hashes = sorted({node.response.response_hash for node in tree.walk() if node.response})
    if not hashes:
        return tree
    fetches = reader.rows(
        "select response_hash, provider, dataset, symbol, served_from, requested_at "
        "from ops.fetches where response_hash in (select unnest($hashes)) "
        "order by requested_at desc",
        hashes=hashes,
    )

    def told(node: Node) -> Node:
        if node.response is None:
            return node
        return replace(node, response=_with_fetch(node.response, fetches))

    return tree.mapped(told)


def _with_fetch(response: Response, fetches: Iterable[Row]) -> Response:
    """The newest request not after the row's own fetch that got this body for this subject."""
    for fetch in fetches:
        if (
            fetch["response_hash"] == response.response_hash
            and fetch["provider"] == response.provider
            and fetch["symbol"] in (response.subject, "*")
            and fetch["requested_at"] <= response.fetched_at
        ):
            return replace(
                response,
                dataset=fetch["dataset"],
                served_from=fetch["served_from"],
                requested_at=fetch["requested_at"],
            )
    return response


def _leaf(rows: Sequence[Row], subject: str) -> Node:
    newest = max(rows, key=lambda row: (row["day"], row["available_at"]))
    relation = str(newest["relation"])
    return Node(
        "stored response",
        newest["response_hash"],
        relation=relation,
        available_at=newest["available_at"],
        response=Response(
            provider=_provider_of(relation),
            response_hash=newest["response_hash"],
            relation=relation,
            subject=subject,
            row_count=len(rows),
            first_date=_oldest_day(rows),
            last_date=newest["day"],
            fetched_at=newest["fetched_at"],
            ledger_version=newest["ledger_version"],
            story_id=newest.get("story_id"),
        ),
    )


def _provider_of(relation: str) -> str:
    """`staging.stg_polygon__daily_bars` is Polygon's."""
    return relation.partition(".stg_")[2].partition("__")[0]


def _newest_day(rows: Sequence[Row]) -> date:
    newest: date = max(row["day"] for row in rows)
    return newest


def _oldest_day(rows: Sequence[Row]) -> date:
    oldest: date = min(row["day"] for row in rows)
    return oldest
