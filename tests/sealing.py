"""A sealer of a test's own: it seals at once, however little there is, and only what it is asked to."""

from typing import cast

from aftersend.store.engine import PatientEngine
from aftersend.upkeep.sealer import Sealer, SealLimits
from server import Server

EVERYTHING = SealLimits(least_events=1, rows_an_event=1000, calm_seconds=0, rest=0, pause=0, share_of_disk=1e9)


def own_sealer(server: Server, limits: SealLimits = EVERYTHING) -> Sealer:
    """Return a sealer that writes into the server's book."""
    parts = server.parts
    parts.services.sealer.load()
    engine = cast(PatientEngine, parts.stats.engine)
    sealer = Sealer(engine, parts.ledger, parts.registry, parts.services.sealer.growth, limits)
    sealer._loaded = True
    return sealer
