"""Seeds of the dbt project, as their files stand."""

import csv
from functools import lru_cache

from orchestration.resources import REPOSITORY

FOLDER = "dbt_project/seeds"


@lru_cache(maxsize=8)
def seed_rows(seed: str) -> tuple[dict[str, str], ...]:
    """Read a seed of the dbt project as it stands in its file."""
    with (REPOSITORY / FOLDER / f"{seed}.csv").open(encoding="utf-8", newline="") as lines:
        return tuple(csv.DictReader(lines))
