"""How old an asset may become before Dagster calls it late."""

import dagster as dg

from orchestration.timetable import GRACE, LONGEST_CLOSURE

NIGHTLY = dg.FreshnessPolicy.time_window(fail_window=LONGEST_CLOSURE + GRACE)
"""For what every night makes anew. Dagster counts hours and knows no sessions, so that this is
late over a weekend; the catch-up and the overdue watch go by the exchange's calendar."""
