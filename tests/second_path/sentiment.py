"""Stories to scores by session, and what providers think of them, from the words as they came.

The list of finance words is read as data; how it is applied is written here once more.
"""

import csv
import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from tests.second_path.exchange import NEWS_CUTOFF, Axis, stamp

WORDS = Path(__file__).resolve().parents[2] / "ingestion" / "finance_words.csv"
SESSIONS_OF_OPINION = 3
LONGEST_SUMMARY = 2000
OPINIONS = {"positive": 1.0, "neutral": 0.0, "negative": -1.0}


def session_sentiment(news: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """Mean story score and count by symbol and session; sessions without a story are absent."""
    cutoffs = axis.stamps(NEWS_CUTOFF)
    published = _stamps(news["published_at"])
    at = np.searchsorted(cutoffs, published, side="left")
    stories = news.assign(
        at=at,
        normal=[_normal(text) for text in news["headline"]],
        page=[_page(url) or f"no page {number}" for number, url in enumerate(news["url"])],
    )
    stories = stories[(at < axis.count) & (published > cutoffs[0])]
    stories = stories.sort_values(["published_at", "story_id"])
    for told_by in ("normal", "page"):
        stories = stories.drop_duplicates(["symbol", "at", told_by], keep="first")
    words = zip(stories["headline"], stories["summary"], strict=True)
    scored = stories.assign(score=[story_score(*each) for each in words])
    return scored.groupby(["symbol", "at"], as_index=False).agg(
        sentiment_score=("score", "mean"), article_count=("score", "size")
    )


def provider_opinions(readings: pd.DataFrame, snapshots: pd.DataFrame, axis: Axis) -> pd.DataFrame:
    """Symbol, session, score and source of what providers thought, as known by the cut-off."""
    cutoffs = axis.stamps(NEWS_CUTOFF)
    read_at, told_at = _stamps(readings["fetched_at"]), _stamps(readings["published_at"])
    taken_at = _stamps(snapshots["fetched_at"])
    rows = []
    for at in range(SESSIONS_OF_OPINION, axis.count):
        since, until = cutoffs[at - SESSIONS_OF_OPINION], cutoffs[at]
        known = readings[(read_at <= until) & (told_at > since)]
        newest = known.drop_duplicates(["symbol", "story_id"], keep="last")
        means = newest.groupby("symbol")["tone"].apply(
            lambda tones: float(np.mean([OPINIONS[tone] for tone in tones]))
        )
        taken = snapshots[(taken_at <= until) & (taken_at > since)]
        latest = taken.drop_duplicates("symbol", keep="last").set_index("symbol")["score"]
        rows += [(symbol, at, score, "polygon") for symbol, score in means.items()]
        rows += [
            (symbol, at, score, "finnhub")
            for symbol, score in latest.items()
            if symbol not in means.index
        ]
    columns = ["symbol", "at", "provider_sentiment_score", "provider_sentiment_source"]
    return pd.DataFrame(rows, columns=columns)


def story_score(headline: str, summary: str | None) -> float:
    """The headline's tone, halfway to that of the summary's sentences where they add one."""
    tone = text_score(headline)
    added = []
    for sentence in re.split(r"(?<=[.!?])\s+", (summary or "").strip()[:LONGEST_SUMMARY]):
        told, own = _letters(headline), _letters(sentence)
        repeats = own in told or (told != "" and told in own)
        if own and not repeats and text_score(sentence) != 0:
            added.append(text_score(sentence))
    return (tone + sum(added) / len(added)) / 2 if added else tone


@cache
def text_score(text: str) -> float:
    analyzer, phrases = _reader()
    joined = phrases.sub(lambda found: "_".join(found.group().split(" ")), text)
    return float(analyzer.polarity_scores(joined)["compound"])


@cache
def _reader() -> tuple[SentimentIntensityAnalyzer, re.Pattern[str]]:
    """VADER with the list's words in place of its own, and the phrases that are one word."""
    analyzer = SentimentIntensityAnalyzer()
    with WORDS.open(encoding="utf-8", newline="") as file:
        valences = {row["word"]: float(row["valence"]) for row in csv.DictReader(file)}
    for word, valence in valences.items():
        if valence == 0.0:
            analyzer.lexicon.pop(word, None)
        else:
            analyzer.lexicon[word.replace(" ", "_")] = valence
    phrases = sorted((word for word in valences if " " in word), key=len, reverse=True)
    either = "|".join(re.escape(phrase) for phrase in phrases)
    return analyzer, re.compile(rf"(?<![\w-])({either})(?![\w-])", re.IGNORECASE)


def _letters(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def _normal(headline: str) -> str:
    return re.sub(r"\s+", " ", headline.lower()).strip()


def _page(url: str | None) -> str:
    """An address without its scheme; nothing where it names a site and no page of it."""
    found = re.match(r"https?://(?:www\.)?([^/]+/.+)", url or "")
    return found.group(1).removesuffix("/") if found else ""


def _stamps(moments: pd.Series) -> np.ndarray:
    return np.array([stamp(moment) for moment in moments], dtype=np.int64)
