"""Builds the index of identities for a ledger that was filled inside the engine: sorted there, written in order.

It is what `Ledger.recover` would build, from the same SQL, only that sorted files are taken in whole.
"""

import struct
from pathlib import Path
from shutil import rmtree

from rocksdict import Rdict, SstFileWriter

from aftersend.domain.events import Stream
from aftersend.store import identities
from aftersend.store.digests import digest_sql
from aftersend.store.embedded import EmbeddedEngine
from aftersend.store.identities import IDENTITY_BYTES, IDENTITY_SQL, Identities, IndexState
from aftersend.store.read_identities import count_identities
from apart import apart

_SLICES = 64
_MARK_BYTES = 4


def build_index(folder: Path, commit: int) -> int:
    """Build the index of a data folder anew, as of a commit, and return how many identities it has."""
    index = folder / "ledger-identities"
    files, rows = folder / "sorted", apart(_sorted_files, folder)
    rmtree(index, ignore_errors=True)
    database = Rdict(str(index), identities._options())
    database.ingest_external_file([str(file) for file in sorted(files.iterdir())])
    database.close()
    rmtree(files)
    opened = Identities(index)
    opened.remember([], IndexState(commit, rows))
    opened.close()
    return rows


def _sorted_files(folder: Path) -> int:
    """Write the identities with their marks into files, each of a range of identities in their order."""
    files = folder / "sorted"
    rmtree(files, ignore_errors=True)
    files.mkdir()
    engine = EmbeddedEngine(folder / "ledger", readers=1)
    rows = count_identities(engine)
    engine.command("DROP TABLE IF EXISTS sorting SYNC")
    engine.command(
        "CREATE TABLE sorting (identity FixedString(16) CODEC(NONE), mark FixedString(4) CODEC(NONE)) "
        "ENGINE = MergeTree ORDER BY identity"
    )
    for stream in Stream:
        engine.command(
            f"INSERT INTO sorting SELECT {IDENTITY_SQL}, {digest_sql(stream)} FROM {stream} "
            "SETTINGS max_insert_threads = 2, min_insert_block_size_rows = 4000000, min_insert_block_size_bytes = 0"
        )
    client = engine._writer
    for place in range(_SLICES):
        within = f"identity >= unhex('{_edge(place)}')"
        if place + 1 < _SLICES:
            within += f" AND identity < unhex('{_edge(place + 1)}')"
        packed = client.raw_query(
            f"SELECT identity, mark FROM sorting WHERE {within} ORDER BY identity", fmt="RowBinary"
        )
        _write(files / f"{place:03d}.sst", packed)
    engine.command("DROP TABLE sorting SYNC")
    engine.close()
    return rows


def _edge(place: int) -> str:
    """The identity with which a slice begins, in hexadecimal digits."""
    return bytes([256 // _SLICES * place]).ljust(IDENTITY_BYTES, b"\0").hex()


def _write(file: Path, packed: bytes) -> None:
    writer = SstFileWriter(identities._options())
    writer.open(str(file))
    put = writer.__setitem__
    for key, mark in struct.iter_unpack(f"{IDENTITY_BYTES}s{_MARK_BYTES}s", packed):
        put(key, mark)
    writer.finish()
