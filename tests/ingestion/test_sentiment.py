"""Scores of stories: VADER's arithmetic over the words of finance."""

import csv
import subprocess
import sys
from hashlib import sha256

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from ingestion.sentiment import (
    FINANCE_WORDS,
    METHOD,
    MOST_SUMMARY_CHARACTERS,
    Story,
    finance_words,
    score_stories,
)
from tests.ingestion.labelled_news import (
    VARIABLE,
    accuracy_gain,
    held_out,
    labelled_path,
    measure,
    read_labelled,
)

WORDS_OF_METHOD = {
    "vader-3.3.2-finance-1": "6e25d73eec5af46b",
}
"""What each method read: changed words are another method, or stored scores would be mixed."""


def score(headline, summary=None):
    return score_stories([Story(headline, summary)])[0]


def plain(text):
    return SentimentIntensityAnalyzer().polarity_scores(text)["compound"]


def test_words_belong_to_their_method():
    words = sha256(FINANCE_WORDS.read_bytes()).hexdigest()[:16]

    assert WORDS_OF_METHOD[METHOD] == words, "edited words need another METHOD, also in dbt's vars"


def test_every_word_has_a_valence_on_vaders_scale_and_a_reason():
    with FINANCE_WORDS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    assert [row["word"] for row in rows] == sorted({row["word"].strip().lower() for row in rows})
    assert all(-4 <= float(row["valence"]) <= 4 and len(row["reason"]) > 5 for row in rows)


@pytest.mark.parametrize(
    "text", ["ZZQ celebrates", "ZZR in a terrible mess!", "ZZQ", "", "好 \u202e"]
)
def test_text_without_words_of_finance_scores_as_vader_says(text):
    assert score(text) == plain(text)


def test_word_of_finance_counts_with_its_own_valence():
    # one word of valence v scores v / sqrt(v^2 + 15), rounded to four digits: VADER's own formula
    valence = finance_words()["upgrade"]

    assert plain("ZZQ upgrade") == 0
    assert score("ZZQ upgrade") == round(valence / (valence**2 + 15) ** 0.5, 4)


@pytest.mark.parametrize(
    "text",
    ["ZZQ shares", "Crude and natural gas", "ZZQ INTEREST income", "No fine print", "Trust Co"],
)
def test_everyday_praise_and_blame_are_none_in_finance(text):
    assert plain(text) != 0
    assert score(text) == 0


@pytest.mark.parametrize(
    ("phrase", "parts"),
    [("loss narrows", "ZZQ loss, ZZQ narrows"), ("Profit Warning", "profit and a note")],
)
def test_phrase_is_read_as_a_whole(phrase, parts):
    assert score(f"ZZQ {phrase}") * score(parts) < 0


def test_phrase_inside_other_words_is_none():
    assert score("ZZQ profit warnings2") == score("ZZQ profit xx")


def test_negation_still_turns_a_word_of_finance():
    assert score("ZZQ does not beat") < 0 < score("ZZQ beats")


def test_good_news_scores_above_bad_news():
    good, bad = (
        score("ZZQ beats estimates and raises guidance"),
        score("ZZR plunges on fraud probe"),
    )

    assert -1 <= bad < 0 < good <= 1


@pytest.mark.parametrize(
    "summary",
    [None, "", "  \n", "ZZQ beats estimates.", "zzq BEATS  estimates", "A story of a firm."],
)
def test_summary_that_says_nothing_more_leaves_the_headlines_score(summary):
    assert score("ZZQ beats estimates", summary) == score("ZZQ beats estimates")


def test_summary_that_says_more_counts_half():
    summary = "Its outlook disappoints."
    expected = (score("ZZQ beats estimates") + score(summary)) / 2

    assert score("ZZQ beats estimates", summary) == pytest.approx(expected)
    assert score("ZZQ beats estimates", f"ZZQ beats estimates. {summary}") == expected


def test_long_summary_does_not_outshout_its_headline():
    once, often = "Sales plunged at ZZQ.", "Sales plunged at ZZQ. " * 50

    assert score("ZZQ beats estimates", often) == score("ZZQ beats estimates", once)


def test_summary_is_read_up_to_its_limit():
    late = "The firm makes things. " * (MOST_SUMMARY_CHARACTERS // 20) + "Fraud!"

    assert score("ZZQ", late) == 0


def test_neutral_headline_takes_half_of_its_summarys_tone():
    assert score("ZZQ reports", "Profit plunged.") == score("Profit plunged.") / 2


def test_stories_are_scored_in_their_order_and_alone():
    stories = [Story("ZZQ wins", None), Story("ZZR fails", None), Story("ZZQ wins", None)]

    assert score_stories(stories) == [score("ZZQ wins"), score("ZZR fails"), score("ZZQ wins")]
    assert score_stories([]) == []


def test_collecting_a_night_does_not_need_the_heavy_imports():
    code = (
        "import sys, ingestion.night, ingestion.sentiment;"
        "heavy = {'pandas', 'vaderSentiment', 'exchange_calendars', 'duckdb'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_measures_of_four_labelled_sentences():
    # classes said: +, 0, -, -; meant: +, +, -, 0: two of four right; F1: 2/3, 0, 2/3;
    # ranks 4, 3, 1, 2 and 3.5, 3.5, 1, 2: 4.5 / sqrt(5 x 4.5)
    found = measure([0.5, 0.0, -0.5, -0.05], [1, 1, -1, 0])

    assert (found.count, found.accuracy) == (4, 0.5)
    assert found.macro_f1 == pytest.approx(4 / 9)
    assert found.spearman == pytest.approx(4.5 / 22.5**0.5)


def test_gain_over_the_same_scores_is_nothing():
    assert accuracy_gain([0.5, -0.5], [0.6, -0.1], [1, 1]) == (0, 0, 0)


PHRASEBANK = "Sales rose in \u00c5bo .@positive\nIt met .@neutral\nSales fell .@negative\n"
NUMBERS = "Sentence,Sentiment\nSales rose in \u00c5bo .,1\nIt met .,0\nSales fell .,-1\n"
WORDS = (
    "headline,label\nSales rose in \u00c5bo .,mildly bullish\nIt met .,neutral\n"
    "Sales fell .,mildly bearish\nx,?\n"
)


@pytest.mark.parametrize(
    ("name", "content"), [("agreed.txt", PHRASEBANK), ("told.csv", NUMBERS), ("told.csv", WORDS)]
)
def test_labelled_sentences_are_read_in_several_forms(tmp_path, name, content):
    encoding = "latin-1" if name.endswith("txt") else "utf-8"
    (tmp_path / name).write_text(content, encoding=encoding)

    assert read_labelled(tmp_path / name) == [
        ("It met .", 0.0), ("Sales fell .", -1.0), ("Sales rose in \u00c5bo .", 1.0),
    ]  # fmt: skip


def test_held_out_half_depends_on_the_words_only():
    graded = [(f"sentence {number}", float(number % 3 - 1)) for number in range(400)]

    assert held_out(graded[::-1]) == held_out(graded)[::-1]
    assert 150 < len(held_out(graded)) < 250


@pytest.mark.skipif(labelled_path() is None, reason=f"{VARIABLE} names no labelled sentences")
def test_words_of_finance_agree_with_people_more_often_than_plain_vader():
    graded = held_out(read_labelled(labelled_path()))
    sentences, grades = zip(*graded, strict=True)
    ours = score_stories(Story(sentence, None) for sentence in sentences)
    gain, lower, _ = accuracy_gain(ours, [plain(sentence) for sentence in sentences], grades)

    assert gain > 0.05
    assert lower > 0.02
