"""Headlines to scores, on this machine and without a network."""

from collections.abc import Sequence
from hashlib import md5

import pyarrow as pa

METHOD = "vader-3.3.2"
"""The scorer and the version of its lexicon; another one is another method, with its own rows."""

SCORES_SCHEMA = pa.schema(
    {"headline_hash": pa.string(), "method": pa.string(), "score": pa.float64()}
)


def score_headlines(headlines: Sequence[str]) -> pa.Table:
    """Score each distinct headline once, by itself, with VADER's compound score.

    Parameters
    ----------
    headlines : as landed; repeats are scored once.

    Returns
    -------
    Rows of `raw.mqp__headline_scores`: the MD5 of the headline, the method, the score in [-1, 1].
    """
    distinct = list(dict.fromkeys(headlines))
    scores = []
    if distinct:
        from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # reads its lexicon

        analyzer = SentimentIntensityAnalyzer()
        scores = [float(analyzer.polarity_scores(text)["compound"]) for text in distinct]
    hashes = [md5(text.encode(), usedforsecurity=False).hexdigest() for text in distinct]
    return pa.table([hashes, [METHOD] * len(distinct), scores], schema=SCORES_SCHEMA)
