"""What counts as code: sources do, what a night or a command writes beside them does not."""

from pathlib import Path

import pytest

from orchestration import provenance

WRITTEN = (
    "reports/latest.html",
    "reports/oos_registry.csv",
    "reports/backtests/equities_daily.csv",
    "reports/backtests/equities_balanced_position.html",
    "reports/data_docs/index.html",
    "reports/docs/index.html",
    "reports/docs/lineage.html",
    "warehouse/nights/2017-06-30/manifest.yaml",
    "dbt_project/target/compiled/model.sql",
)


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(provenance, "REPOSITORY", tmp_path)
    for name in ("analytics/book.py", "dbt_project/seeds/credit_variants.csv"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    return tmp_path


@pytest.mark.parametrize("name", WRITTEN)
def test_output_does_not_change_the_hash_of_the_code(tree: Path, name: str) -> None:
    before = provenance.code_hash.__wrapped__()
    (tree / name).parent.mkdir(parents=True, exist_ok=True)
    (tree / name).write_text("anything")
    assert provenance.code_hash.__wrapped__() == before


@pytest.mark.parametrize("name", ["analytics/book.py", "dbt_project/seeds/credit_variants.csv"])
def test_changed_source_is_other_code(tree: Path, name: str) -> None:
    before = provenance.code_hash.__wrapped__()
    (tree / name).write_text("2")
    assert provenance.code_hash.__wrapped__() != before
