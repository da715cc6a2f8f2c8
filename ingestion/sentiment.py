"""Stories to scores, on this machine and without a network: VADER, taught the words of finance."""

import csv
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

METHOD = "vader-3.3.2-finance-1"
"""The scorer and the versions of its word lists; a change of either is another method, with its own
rows: a word edited in `finance_words.csv` raises the last number."""

FINANCE_WORDS = Path(__file__).with_name("finance_words.csv")
"""Words and phrases with their valence on VADER's scale (-4 to 4) and why they have it.

Our own list, written from general knowledge of market news and taken from no published lexicon.
Valence 0 takes a word of everyday praise or blame out of VADER's own list: shares are not generous,
crude oil is not rude, and a bank's trust is a legal form.
"""

MOST_SUMMARY_CHARACTERS = 2_000
"""What follows is an article and no summary; it also bounds the time that one text may cost."""

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_WORD, _NO_WORD = re.compile(r"[\w-]+"), re.compile(r"\W+")

Score = Callable[[str], float]


class Story(NamedTuple):
    """What is scored of a story: its words as landed."""

    headline: str
    summary: str | None


def score_stories(stories: Iterable[Story]) -> list[float]:
    """Score each story by itself; equal texts are read once.

    A story's score is its headline's, and the mean of headline and summary where the summary says
    more: the headline is written to carry the point, the summary often is a boilerplate. Sentences
    of the summary that repeat the headline or have no tone say nothing more; of the others the mean
    counts, since a compound score grows with the length of a text and a long summary would outshout
    its headline. A story without a summary is its headline alone.

    Returns
    -------
    One score in [-1, 1] per story, in the order given.
    """
    read = _reader()
    return [_story_score(story, read) for story in stories]


def _story_score(story: Story, read: Score) -> float:
    headline = read(story.headline)
    tones = [read(sentence) for sentence in _own_sentences(story)]
    heard = [tone for tone in tones if tone]
    return (headline + sum(heard) / len(heard)) / 2 if heard else headline


def _own_sentences(story: Story) -> list[str]:
    """Sentences of the summary that are not the headline, or a part of it, told again."""
    if not story.summary or not story.summary.strip():
        return []
    told = _plain(story.headline)
    sentences = _SENTENCE_END.split(story.summary[:MOST_SUMMARY_CHARACTERS])
    return [
        sentence
        for sentence in sentences
        if (plain := _plain(sentence)) and plain not in told and not (told and told in plain)
    ]


def _plain(text: str) -> str:
    return _NO_WORD.sub(" ", text.casefold()).strip()


def _reader() -> Score:
    """A scorer of single texts with a memory as long as its owner lives."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # reads its lexicon

    analyzer, phrases = SentimentIntensityAnalyzer(), _phrases()
    for word, valence in finance_words().items():
        analyzer.lexicon.pop(word, None)
        if valence:
            analyzer.lexicon[word.replace(" ", "_")] = valence
    remembered: dict[str, float] = {}

    def read(text: str) -> float:
        if text not in remembered:
            joined = _with_joined_phrases(text, phrases)
            remembered[text] = float(analyzer.polarity_scores(joined)["compound"])
        return remembered[text]

    return read


@cache
def finance_words() -> Mapping[str, float]:
    """Every word and phrase of our list, lower case, with its valence."""
    with FINANCE_WORDS.open(encoding="utf-8", newline="") as file:
        return {row["word"]: float(row["valence"]) for row in csv.DictReader(file)}


def _phrases() -> Mapping[str, re.Pattern[str]]:
    """First words of phrases to what may follow, the longest first, in any case."""
    rests = defaultdict(list)
    for phrase in finance_words():
        first, space, rest = phrase.partition(" ")
        if space:
            rests[first].append(re.escape(rest))
    return {
        first: re.compile(rf" (?:{'|'.join(sorted(found, key=len, reverse=True))})(?![\w-])", re.I)
        for first, found in rests.items()
    }


def _with_joined_phrases(text: str, phrases: Mapping[str, re.Pattern[str]]) -> str:
    """The text with each phrase as one word, so that its parts are not read by themselves."""
    parts, end = [], 0
    for word in _WORD.finditer(text):
        rest = phrases.get(word.group().lower()) if word.start() >= end else None
        if rest and (found := rest.match(text, word.end())):
            phrase = text[word.start() : found.end()]
            parts += [text[end : word.start()], phrase.replace(" ", "_")]
            end = found.end()
    return "".join([*parts, text[end:]])
