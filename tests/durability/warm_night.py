"""What a forked whole night need not do again, beside what `warm` has done."""

import importlib
import logging

from orchestration.expectations.validation import preload
from tests.durability.whole_night import parsed_project

for name in (
    *("analytics.night", "orchestration.expectations.gates", "orchestration.pages"),
    *("arch.bootstrap", "scipy.stats", "dagster", "dagster_dbt", "dbt.task.build"),
):
    importlib.import_module(name)
preload()
parsed_project()
logging.getLogger().handlers.clear()  # what libraries add while they are imported
