import pytest

from tests.dbt.conftest import PROJECT, DbtHome

pytestmark = pytest.mark.xdist_group("dbt")


def test_dbt_unit_tests_pass(built_home: DbtHome) -> None:
    output = built_home.dbt("test", "--select", "test_type:unit", "--no-use-colors")
    written = [path.read_text() for path in PROJECT.glob("models/**/_unit_tests.yml")]
    count = sum(text.count("\n  - name: ") for text in written)

    assert "ERROR=0" in output
    assert f"PASS={count}" in output
