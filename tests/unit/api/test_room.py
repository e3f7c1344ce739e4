"""How much memory the bodies of requests may take together."""

import pytest

from aftersend.api.room import Room
from aftersend.errors import Overloaded


def test_room_is_given_back() -> None:
    """What a request took is free again when it ends, also when it ends badly."""
    room = Room(100)

    def fail() -> None:
        with room.guest() as guest:
            guest.take(60)
            assert room.taken == 60
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()

    assert room.taken == 0


def test_more_than_fits_is_refused() -> None:
    """A request that does not fit beside the others is refused and takes nothing."""
    room = Room(100)

    with room.guest() as first, room.guest() as second:
        first.take(60)
        with pytest.raises(Overloaded):
            second.take(50)
        assert room.taken == 60


def test_a_lone_request_always_fits() -> None:
    """A request on its own is let in however large it is, for else it never would be."""
    room = Room(100)

    with room.guest() as guest:
        guest.take(1_000)

        assert room.taken == 1_000
