import pytest
import yaml

from tests.dbt.conftest import PROJECT, DbtHome

pytestmark = pytest.mark.xdist_group("dbt")


def test_dbt_unit_tests_pass(built_home: DbtHome) -> None:
    output = built_home.dbt("test", "--select", "test_type:unit", "--no-use-colors")
    written = [path.read_text() for path in PROJECT.glob("models/**/_unit_tests.yml")]
    count = sum(text.count("\n  - name: ") for text in written)

    assert "ERROR=0" in output
    has_hook = "on-run-start" in yaml.safe_load((PROJECT / "dbt_project.yml").read_text())
    assert f"PASS={count + has_hook}" in output  # dbt counts it, too
