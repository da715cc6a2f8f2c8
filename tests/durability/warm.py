"""What a forked run need not do again: imports, the exchange's calendar, the word lists."""

import orchestration.restore  # noqa: F401  (imports all that a night and a restore need)
import tests.durability.small_world  # noqa: F401
from ingestion.sentiment import Story, score_stories
from warehouse.sessions import new_york_sessions

new_york_sessions()
score_stories([Story("warm", None)])
