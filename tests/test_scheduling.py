from tests.scheduling import group_of


def test_modules_that_share_a_night_are_one_group() -> None:
    assert group_of("tests/nights/test_sandbox_night.py") == "sandbox_night"
    assert group_of("tests/second_path/test_second_path.py") == "sandbox_night"
    assert group_of("tests/nights/test_replay.py") == "small_night"
    assert group_of("tests/nights/test_record.py") == "small_night"


def test_mark_of_a_module_names_its_group() -> None:
    assert group_of("tests/dbt/test_features.py") == "dbt"


def test_module_of_nights_of_its_own_stays_together() -> None:
    path = "tests/nights/test_poisoned_symbol.py"
    assert group_of(path) == path


def test_other_tests_may_run_anywhere() -> None:
    assert group_of("tests/analytics/test_backtest.py") is None
