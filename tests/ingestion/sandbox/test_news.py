"""The simulated newsroom: how often, when, and in which tone it writes."""

from collections import Counter
from datetime import date, time

import numpy as np
import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from ingestion.sandbox.headlines import SHARED, SINGLE, Tone, write_headline
from ingestion.sandbox.market import Market
from warehouse.sessions import NEW_YORK


@pytest.fixture(scope="module")
def scorer() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()


@pytest.mark.parametrize("tone", ["positive", "neutral", "negative"])
@pytest.mark.parametrize("other", [None, "PG"])
def test_headline_tone_can_be_read_by_a_lexicon(
    scorer: SentimentIntensityAnalyzer, tone: Tone, other: str | None
) -> None:
    sentences = (SHARED if other else SINGLE)[tone]
    for number in range(len(sentences)):
        headline = write_headline(
            tone, "KO", other, month=2, pick=(number + 0.5) / len(sentences), numbers=(0.1, 0.9)
        )
        score = scorer.polarity_scores(headline)["compound"]
        sign = 1 if score > 0.2 else -1 if score < -0.2 else 0
        assert sign == {"positive": 1, "neutral": 0, "negative": -1}[tone], headline


def test_results_are_about_the_quarter_before() -> None:
    headline = write_headline("neutral", "KO", None, month=1, pick=0.0, numbers=(0.0, 0.0))
    assert headline == "KO to report fourth-quarter figures next week"


def test_stock_has_about_one_story_in_three_sessions(market: Market) -> None:
    rates = [len(market.stories(symbol)) / len(market.days) for symbol in ("JPM", "KO", "EBAY")]
    assert 0.1 < min(rates) < max(rates) < 0.6


def test_some_stories_come_after_the_close_and_some_on_weekends(market: Market) -> None:
    moments = [story.published_at.astimezone(NEW_YORK) for story in market.stories("AAPL")]
    late = np.mean([moment.time() >= time(16) for moment in moments])
    weekend = np.mean([moment.weekday() >= 5 for moment in moments])
    assert 0.1 < late < 0.4
    assert 0.01 < weekend < 0.2


def test_stories_are_in_order_with_ids_of_their_own(market: Market) -> None:
    stories = market.stories("MSFT")
    assert [story.published_at for story in stories] == sorted(s.published_at for s in stories)
    assert len({story.story_id for story in stories}) == len(stories)


def test_shared_story_is_the_same_for_both_names(market: Market) -> None:
    shared = {story.story_id: story for story in market.stories("PG") if "KO" in story.tickers}
    seen = {story.story_id: story for story in market.stories("KO") if "PG" in story.tickers}
    assert shared
    assert shared == seen


def test_few_stories_are_issued_twice(market: Market) -> None:
    told = Counter((story.headline, story.published_at.date()) for story in market.stories("AAPL"))
    assert 0 < sum(count > 1 for count in told.values()) < 0.06 * len(told)


def test_tone_darkens_with_stress(market: Market, scorer: SentimentIntensityAnalyzer) -> None:
    stress = dict(zip(market.days, market.climate.stress.tolist(), strict=True))
    calm, stressed = [], []
    for story in market.stories("AAPL"):
        level = stress.get(story.published_at.astimezone(NEW_YORK).date(), 0.4)
        score = scorer.polarity_scores(story.headline)["compound"]
        if level < 0.1:
            calm.append(score)
        if level > 0.6:
            stressed.append(score)
    assert np.mean(calm) > 0.05
    assert np.mean(stressed) < -0.2


def test_no_news_after_a_delisting(market: Market) -> None:
    last = market.stories("ZZDL")[-1].published_at.astimezone(NEW_YORK).date()
    assert last <= date(2022, 3, 18)


def test_funds_have_no_news(market: Market) -> None:
    assert market.stories("HYG") == ()
