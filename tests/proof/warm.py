"""What the processes of small proofs have imported before they begin: none of our own code."""

import arch.bootstrap  # noqa: F401
import dagster  # noqa: F401
import dagster_dbt  # noqa: F401
import dbt.adapters.duckdb
import dbt.cli.main
import dbt.task.build  # noqa: F401
import duckdb  # noqa: F401
import exchange_calendars  # noqa: F401
import pandas  # noqa: F401
import pyarrow.dataset  # noqa: F401
import scipy.stats  # noqa: F401
