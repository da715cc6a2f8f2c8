"""The places where nights are killed still exist: `make torture` would find out after minutes."""

import pytest

from tests.durability.boundaries import Boundary, after, found
from tests.durability.test_faulty_nights import DAMAGED, FULL
from tests.durability.torture_nights import FROM_THE_START, PUBLISHING, REPORTING

PLACES = (*FROM_THE_START, after(PUBLISHING), after(REPORTING), *FULL.values(), *DAMAGED.values())


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_place_is_a_function(place: Boundary) -> None:
    owner, name = found(place.where)
    assert callable(getattr(owner, name))
