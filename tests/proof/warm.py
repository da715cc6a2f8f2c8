"""What the processes of small proofs have imported before they begin: none of our own code."""

import dagster  # noqa: F401
import dagster_dbt  # noqa: F401
import dbt.adapters.duckdb
import dbt.cli.main  # noqa: F401
import duckdb  # noqa: F401
import exchange_calendars  # noqa: F401
import pandas  # noqa: F401
import pyarrow  # noqa: F401
