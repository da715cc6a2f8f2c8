"""What a forked whole night need not do again, beside what `warm` has done."""

import importlib
import logging

from orchestration.expectations.canaries.judging import judge_canaries
from orchestration.expectations.validation import preload
from tests.durability.whole_night import asked_once, parsed_project

for name in (
    *("analytics.night", "orchestration.expectations.gates", "orchestration.pages"),
    *("arch.bootstrap", "scipy.stats", "dagster", "dagster_dbt", "dbt.task.build"),
):
    importlib.import_module(name)
preload()
asked_once(judge_canaries)
parsed_project()
logging.getLogger().handlers.clear()  # what libraries add while they are imported
