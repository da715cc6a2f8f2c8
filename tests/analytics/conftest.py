"""One small build and what analytics makes of it, computed once."""

import pytest

from analytics.inputs import AnalyticsInputs
from analytics.night import AnalyticsResults, run_analytics
from tests.analytics.night_inputs import night_inputs


@pytest.fixture(scope="session")
def inputs() -> AnalyticsInputs:
    """The frames of the last night."""
    return night_inputs()


@pytest.fixture(scope="session")
def results(inputs: AnalyticsInputs) -> AnalyticsResults:
    """Every table of that night."""
    return run_analytics(inputs)
