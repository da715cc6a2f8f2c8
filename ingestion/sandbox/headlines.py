"""Sentences of the simulated newsroom, by tone.

Plain finance words whose tone a lexicon scorer can read. They name tickers only and accuse nobody
of anything: whoever sees one must be able to tell that it is about no real company.
"""

from typing import Literal

Tone = Literal["positive", "neutral", "negative"]

SINGLE: dict[Tone, tuple[str, ...]] = {
    "positive": (
        "{ticker} beats estimates with strong {quarter} profit",
        "{ticker} shares gain as {desk} upgrades the stock on impressive demand",
        "{ticker} raises its outlook after a successful {quarter}",
        "{desk} sees great opportunity in {ticker} after solid orders",
        "{ticker} wins {amount} million contract, confident about {region}",
        "Strong cash flow helps {ticker} boost its buyback to {amount} million",
        "{ticker} enjoys robust growth in {region}, up {percent} percent",
        "Investors cheer {ticker} margin improvement",
        "{ticker} reports best {quarter} in years as costs improve",
        "Optimistic {desk} lifts its {ticker} target by {percent} percent",
        "{ticker} delivers excellent results in {region}",
        "{ticker} celebrates strong product launch in {region}",
    ),
    "neutral": (
        "{ticker} to report {quarter} figures next week",
        "{ticker} names new head of {region} operations",
        "{ticker} to present at {desk} conference",
        "{ticker} schedules annual meeting of shareholders",
        "{ticker} files its {quarter} report",
        "{ticker} moves {region} office to a new address",
        "What to know about {ticker} before the {quarter} call",
        "{desk} keeps its {ticker} rating unchanged",
        "{ticker} turnover in line with its {quarter} average",
        "{ticker} updates its {region} reporting calendar",
        "{ticker} closes purchase of a {amount} million plant in {region}",
        "Options on {ticker} priced for a {percent} percent move",
    ),
    "negative": (
        "{ticker} misses estimates as weak demand hurts {quarter} profit",
        "{ticker} shares drop after disappointing {quarter} outlook",
        "{desk} cuts {ticker} on fears of a slowdown in {region}",
        "{ticker} warns of losses in {region}, sees {percent} percent lower sales",
        "Worried investors sell {ticker} as pressure on margins grows",
        "{ticker} suffers {amount} million charge on failed project",
        "Poor {quarter} leaves {ticker} struggling in {region}",
        "{ticker} delays launch, {desk} sees risk of further problems",
        "Trouble in {region} hurts {ticker}, costs up {percent} percent",
        "{ticker} slumps on bad {quarter} numbers",
        "{desk} doubts {ticker} recovery, warns of dismal orders",
        "Uncertainty over {region} drags {ticker} down",
    ),
}

SHARED: dict[Tone, tuple[str, ...]] = {
    "positive": (
        "{ticker} and {other} gain on strong sector demand",
        "{desk} optimistic on {ticker} and {other}, sees solid growth",
        "Good {quarter} for {other} lifts {ticker} as well, a great sign for the sector",
    ),
    "neutral": (
        "{ticker} and {other} to open a joint {region} logistics site",
        "{desk} compares {ticker} with {other} before the {quarter} reports",
        "{ticker}, {other} among most traded names in the session",
    ),
    "negative": (
        "{ticker} and {other} fall on fears of weak sector demand",
        "{desk} worried about {ticker} and {other}, warns of losses",
        "Bad {quarter} at {other} hurts {ticker}, investors fear more trouble",
    ),
}

QUARTERS = ("first-quarter", "second-quarter", "third-quarter", "fourth-quarter")
REGIONS = ("Europe", "Asia", "Latin America", "Canada", "Texas", "the Midwest", "India", "Japan")
DESKS = ("Sandbox Research", "Loopback Securities", "Seed & Partners", "Prefix Capital")


def write_headline(
    tone: Tone,
    ticker: str,
    other: str | None,
    *,
    month: int,
    pick: float,
    numbers: tuple[float, float],
) -> str:
    """Fill in one sentence; `pick` and `numbers` lie in [0, 1) and choose words and figures."""
    sentences = SHARED[tone] if other else SINGLE[tone]
    first, second = numbers
    return sentences[int(pick * len(sentences))].format(
        ticker=ticker,
        other=other,
        # results are about the quarter before
        quarter=QUARTERS[((month - 1) // 3 - 1) % 4],
        region=REGIONS[int(first * len(REGIONS))],
        desk=DESKS[int(second * len(DESKS))],
        amount=20 + int(first * 48) * 10,
        percent=2 + int(second * 13),
    )
