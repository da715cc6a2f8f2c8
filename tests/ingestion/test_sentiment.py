"""Scores of headlines."""

import subprocess
import sys
from hashlib import md5

import pytest
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from ingestion.sentiment import METHOD, score_headlines


def test_repeated_headline_is_scored_once():
    table = score_headlines(["ZZQ wins", "ZZR fails", "ZZQ wins"])

    assert table["headline_hash"].to_pylist() == [
        md5(text.encode()).hexdigest() for text in ("ZZQ wins", "ZZR fails")
    ]
    assert set(table["method"].to_pylist()) == {METHOD}


@pytest.mark.parametrize(
    "headline", ["ZZQ beats estimates, shares soar!", "ZZR in fraud probe", "ZZQ", "", "好 \u202e"]
)
def test_score_is_vaders_compound(headline):
    expected = SentimentIntensityAnalyzer().polarity_scores(headline)["compound"]

    assert score_headlines([headline])["score"].to_pylist() == [expected]


def test_good_news_scores_above_bad_news():
    good, bad = score_headlines(["great success", "terrible loss"])["score"].to_pylist()

    assert -1 <= bad < 0 < good <= 1


def test_no_headlines_give_no_rows():
    assert score_headlines([]).num_rows == 0


def test_collecting_a_night_does_not_need_the_heavy_imports():
    code = (
        "import sys, ingestion.night, ingestion.sentiment;"
        "heavy = {'pandas', 'vaderSentiment', 'exchange_calendars', 'duckdb'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")
