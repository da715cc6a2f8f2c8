"""Runs that never came to a night tell too; nights of the past tell nobody."""

from typing import Any

import dagster as dg
import pytest

from orchestration.night_resource import NightResource
from orchestration.nightly import run_nightly
from tests.conftest import NIGHT_CLOCK
from tests.orchestration.alerts.conftest import Desk
from warehouse.errors import StorageError, WorldMismatchError
from warehouse.ledger import opened_ledger


@pytest.mark.parametrize(("options", "is_told"), [({}, True), ({"as_of": "2024-06-27"}, False)])
def test_home_that_cannot_be_written_is_told(
    desk: Desk, options: dict[str, Any], is_told: bool
) -> None:
    desk.settings.home.warehouse.write_text("a file where a folder should be")
    with pytest.raises(StorageError) as refused:
        run_nightly(desk.settings, options)
    assert desk.receiver.messages == ([str(refused.value)] if is_told else [])


@pytest.mark.parametrize(("as_of", "is_told"), [("", True), ("2024-06-27", False)])
def test_night_that_cannot_begin_is_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, as_of: str, is_told: bool
) -> None:
    monkeypatch.setenv("MQP_HOME", str(desk.settings.home.root))
    monkeypatch.setenv("MQP_NOW", NIGHT_CLOCK)
    monkeypatch.setenv("ALERT_WEBHOOK_URL", desk.receiver.url)
    desk.settings.home.make_folders()
    with opened_ledger(desk.settings.home.ledger, "sandbox:8", now=desk.settings.pinned_now):
        pass
    resource = NightResource(as_of=as_of)
    with (
        pytest.raises(WorldMismatchError) as refused,
        dg.build_init_resource_context() as context,
        resource.yield_for_execution(context),
    ):
        pass
    assert desk.receiver.messages == ([str(refused.value)] if is_told else [])
    assert ("WorldMismatchError" in desk.log) == is_told
