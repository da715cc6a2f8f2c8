"""What a night does about a run that was killed before it."""

from pathlib import Path

from orchestration.publication import finish_killed_run
from warehouse.home import Home

NO_PROCESS = 2**22 + 1  # Linux gives no such number


def test_what_a_killed_run_left_half_written_is_removed_and_nothing_else(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make_folders()
    whole = [home.reports / "latest.html", home.reports / "data_docs" / "index.html"]
    half = [path.with_name(f".{NO_PROCESS}.1.{path.name}.new") for path in whole]
    half += [home.dbt_target / f".{NO_PROCESS}.1.manifest.stamp.new"]
    half += [home.warehouse / f".{NO_PROCESS}.1.quant.sha256.new"]
    spilt = home.ledger.with_name("ledger.duckdb.tmp") / "duckdb_temp_block-1.block"
    for path in (*whole, *half, spilt):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    finish_killed_run(home)
    assert sorted(path for path in tmp_path.rglob("*") if path.is_file()) == sorted(whole)
    assert not spilt.parent.exists()
