"""How much memory the bodies of requests may take together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from aftersend.errors import Overloaded


class Room:
    """Counts the bytes of bodies that are being read or parsed, and refuses more than fit."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Return the bytes that are taken now."""
        return self._taken

    @contextmanager
    def guest(self) -> Iterator["Guest"]:
        """Let a request in; what it took is given back when the block ends."""
        guest = Guest(self)
        try:
            yield guest
        finally:
            self.give(guest.taken)

    def take(self, size: int) -> None:
        """Set bytes aside.

        Raises:
            Overloaded: there is no room for them now.
        """
        with self._lock:
            if self._taken and self._taken + size > self._capacity:
                raise Overloaded("the server is reading as much as it has memory for; send the batch again")
            self._taken += size

    def give(self, size: int) -> None:
        """Give bytes back."""
        with self._lock:
            self._taken -= size


class Guest:
    """One request's share of the room."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.taken = 0

    def take(self, size: int) -> None:
        """Set more bytes aside for this request."""
        self._room.take(size)
        self.taken += size
