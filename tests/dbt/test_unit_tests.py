import pytest

from tests.dbt.conftest import DbtHome

pytestmark = pytest.mark.xdist_group("dbt")


def test_dbt_unit_tests_pass(built_home: DbtHome) -> None:
    output = built_home.dbt("test", "--select", "test_type:unit", "--no-use-colors")
    assert "ERROR=0" in output
    assert "PASS=26" in output
