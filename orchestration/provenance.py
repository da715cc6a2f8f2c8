"""What a night was made with: hashes of the code and of the configuration."""

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from orchestration.resources import REPOSITORY

CODE_FOLDERS = ("analytics", "dbt_project", "ingestion", "orchestration", "reports", "warehouse")
CODE_SUFFIXES = frozenset({".py", ".sql", ".csv", ".yml", ".yaml", ".html", ".css", ".js", ".j2"})
OUTPUT_FILES = frozenset(
    {
        "reports/latest.html",
        "reports/oos_registry.csv",
        "reports/orders.csv",
        "reports/docs/index.html",
        "reports/docs/lineage.html",
    }
)
OUTPUT_FOLDERS = frozenset({"target", "build", "nights", "data_docs", "backtests", "metrics"})


@lru_cache(maxsize=1)
def code_hash() -> str:
    """sha256 over every source file of the product, by path and content; outputs do not count."""
    digest = hashlib.sha256()
    for folder in CODE_FOLDERS:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            inside = path.relative_to(REPOSITORY)
            if path.suffix in CODE_SUFFIXES and not OUTPUT_FOLDERS.intersection(inside.parts):
                if inside.as_posix() in OUTPUT_FILES:
                    continue
                digest.update(inside.as_posix().encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def configuration_snapshot(content: Mapping[str, Any]) -> str:
    """The configuration that shapes results, by file, as canonical JSON."""
    return json.dumps(content, sort_keys=True, default=str)


def configuration_hash(snapshot: str) -> str:
    """sha256 of a configuration snapshot, shortened for people."""
    return hashlib.sha256(snapshot.encode()).hexdigest()[:16]
