"""News sentiment of three sessions: the stories, their scores, where they were told."""

import math
from datetime import date

from warehouse.why.node import Node
from warehouse.why.reading import Reader, Row
from warehouse.why.sources import PROVENANCE, STORY_STAGING, response_nodes

SUMMARISED = "intermediate.int_sentiment_summarised"
DEDUPLICATED = "intermediate.int_stories_deduplicated"


def sentiment_node(reader: Reader, symbol: str, session: date) -> Node | None:
    """The mean of the sessions' scores, a session without news counting 0."""
    count = reader.count("sentiment_sessions")
    days = reader.rows(
        "select sessions.session_date, told.sentiment_score, "
        "coalesce(told.sentiment_3d, 0.0) as sentiment_3d, "
        "sessions.news_cutoff_at as available_at, "
        "(select max(method) from marts.fct_sentiment) as method "
        "from staging.stg_exchange__sessions as sessions "
        "left join intermediate.int_sentiment_summarised as told "
        "on sessions.session_date = told.session_date and told.symbol = $symbol "
        "where sessions.session_date <= $session "
        "order by sessions.session_date desc limit $count",
        symbol=symbol,
        session=session,
        count=count,
    )
    if not days or days[0]["session_date"] != session:
        return None
    stories = _stories(reader, symbol, days[-1]["session_date"], session)
    told = [_day_node(reader, day, stories) for day in days]
    is_full = len(days) == count
    return Node(
        "sentiment_3d",
        days[0]["sentiment_3d"],
        "score",
        f"scores of {count} sessions added up, divided by {count}; from -1 to 1",
        relation=SUMMARISED,
        available_at=days[0]["available_at"],
        equation="mean" if is_full else None,
        children=(
            *(node.as_term() if is_full else node for node in told),
            *response_nodes(reader, _staged(reader, symbol, stories), subject=symbol),
        ),
    )


def _day_node(reader: Reader, day: Row, stories: list[Row]) -> Node:
    own = [story for story in stories if story["session_date"] == day["session_date"]]
    scores = [float(story["sentiment_score"]) for story in own if _is_scored(story)]
    shown = own[: reader.most_stories]
    says = "no scored story: counts 0"
    if scores:
        says = f"mean of {len(scores)} scored {'story' if len(scores) == 1 else 'stories'}"
        if len(shown) < len(own):
            says += f", the newest {len(shown)} shown"
    return Node(
        f"news for {day['session_date']}",
        day["sentiment_score"] if scores else 0.0,
        "score",
        says,
        relation=SUMMARISED,
        available_at=day["available_at"],
        check=math.fsum(scores) / len(scores) if scores else 0.0,
        children=tuple(_story_node(story, str(day["method"])) for story in shown),
    )


def _story_node(story: Row, method: str) -> Node:
    says = f"{story['provider']}, published {story['published_at']:%Y-%m-%d %H:%M} UTC"
    return Node(
        f"“{story['headline']}”",
        story["sentiment_score"],
        "score",
        f"{says}, scored by {method}" if _is_scored(story) else f"{says}, not scored",
        relation=DEDUPLICATED,
        available_at=story["available_at"],
    )


def _is_scored(story: Row) -> bool:
    return story["sentiment_score"] is not None


def _stories(reader: Reader, symbol: str, first: date, last: date) -> list[Row]:
    return reader.rows(
        "select told.*, dated.headline, dated.headline_hash "
        "from intermediate.int_stories_deduplicated as told "
        "inner join intermediate.int_stories_dated as dated "
        "using (symbol, session_date, provider, story_id) "
        "where told.symbol = $symbol and told.session_date between $first and $last "
        "order by told.published_at desc, told.provider, told.story_id",
        symbol=symbol,
        first=first,
        last=last,
    )


def _staged(reader: Reader, symbol: str, stories: list[Row]) -> list[Row]:
    """The staged rows of stories, in the words that counted."""
    rows: list[Row] = []
    for provider, relation in STORY_STAGING.items():
        days = {
            (story["story_id"], story["headline_hash"]): story["session_date"]
            for story in stories
            if story["provider"] == provider
        }
        if not days:
            continue
        found = reader.rows(
            f"select '{relation}' as relation, story_id, headline_hash, {PROVENANCE} "
            f"from {relation} where symbol = $symbol and story_id in (select unnest($ids)) "
            "qualify row_number() over (partition by story_id, headline_hash "
            "order by ledger_version) = 1",
            symbol=symbol,
            ids=[story_id for story_id, _ in days],
        )
        for row in found:
            day = days.get((row["story_id"], row["headline_hash"]))
            if day is not None:
                rows.append({**row, "day": day})
    return rows
