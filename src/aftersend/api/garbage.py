"""When Python looks for garbage that counting references does not find."""

import gc

_NEW_OBJECTS = 20_000
"""So many more objects made than freed start a search. A batch of events alone makes some thousands for a moment."""


def collect_rarely() -> None:
    """Have searches leave out what lives as long as the server, and start a good deal later than by default."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, *gc.get_threshold()[1:])
