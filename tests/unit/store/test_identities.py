"""The index of event identities: what it knows, and up to which commit."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from aftersend.errors import StoreUnavailable
from aftersend.store.identities import IDENTITY_BYTES, Identities, IndexState, identity

A, B, C = (identity("w1", name) for name in "abc")
SAID = b"said"


def _marked(*identities: bytes) -> list[tuple[bytes, bytes]]:
    return [(key, SAID) for key in identities]


@contextmanager
def _index(folder: Path) -> Iterator[Identities]:
    index = Identities(folder)
    try:
        yield index
    finally:
        index.close()


def test_an_identity_is_of_the_workspace_and_the_event() -> None:
    """Two events are the same when workspace and id are; where one ends and the other begins is not mixed up."""
    assert identity("w1", "a") == identity("w1", "a")
    assert len({identity("w1", "a"), identity("w2", "a"), identity("w1", "b"), identity("w", "1a")}) == 4
    assert len(identity("w1", "é" * 128)) == IDENTITY_BYTES


def test_an_identity_never_changes() -> None:
    """The function is part of what is stored: a change of it would make every event new again."""
    assert identity("w1", "e1").hex() == "38cc32ae73bc8a678961afd97e9979b3"


def test_a_new_index_knows_nothing(tmp_path: Path) -> None:
    """Before anything was remembered nothing is known, and no commit is covered."""
    with _index(tmp_path / "index") as index:
        assert (index.known([A, B]), index.state) == ({}, IndexState(0, 0))


def test_what_is_remembered_is_known(tmp_path: Path) -> None:
    """The identities of a commit are known, others are not."""
    with _index(tmp_path / "index") as index:
        index.remember(_marked(A, B), IndexState(1, 2))

        assert index.known([C, B, A]) == {A: SAID, B: SAID}
        assert index.known([]) == {}


def test_the_last_mark_holds(tmp_path: Path) -> None:
    """An identity that is marked twice, in one step or in two, has the mark that came last."""
    with _index(tmp_path / "index") as index:
        index.remember([(B, b"one"), (A, b"one"), (B, b"two")], IndexState(1, 2))
        assert index.known([A, B]) == {A: b"one", B: b"two"}

        index.remember([(A, b"")], IndexState(1, 2))
        assert index.known([A, B]) == {A: b"", B: b"two"}


def test_what_is_remembered_survives(tmp_path: Path) -> None:
    """After the index was closed and opened again it knows the same, its state included."""
    with _index(tmp_path / "index") as index:
        index.remember(_marked(A), IndexState(1, 1))
        index.remember(_marked(B), IndexState(2**63, 2**40))

    with _index(tmp_path / "index") as index:
        assert (index.known([A, B, C]), index.state) == ({A: SAID, B: SAID}, IndexState(2**63, 2**40))


def test_remembering_twice_changes_nothing(tmp_path: Path) -> None:
    """An identity is known or not; how often it was remembered is of no matter."""
    with _index(tmp_path / "index") as index:
        index.remember(_marked(A, A), IndexState(1, 1))
        index.remember(_marked(A), IndexState(1, 1))

        assert index.known([A]) == {A: SAID}


def test_the_state_alone_can_be_noted(tmp_path: Path) -> None:
    """What the index covers can change without a new identity."""
    with _index(tmp_path / "index") as index:
        index.remember([], IndexState(7, 9))

        assert index.state == IndexState(7, 9)


def test_a_cleared_index_knows_nothing(tmp_path: Path) -> None:
    """After clearing, everything is new, and the index can be used on."""
    with _index(tmp_path / "index") as index:
        index.remember(_marked(A), IndexState(1, 1))
        index.clear()

        assert (index.known([A]), index.state) == ({}, IndexState(0, 0))
        index.remember(_marked(B), IndexState(1, 1))
        assert index.known([A, B]) == {B: SAID}


def test_a_damaged_index_is_begun_anew(tmp_path: Path) -> None:
    """Where a file of the index is damaged nothing is known, so that everything is read from the ledger again."""
    with _index(tmp_path / "index") as index:
        index.remember(_marked(A), IndexState(1, 1))
    (tmp_path / "index" / "CURRENT").write_bytes(b"nothing of the kind")

    with _index(tmp_path / "index") as index:
        assert (index.known([A]), index.state) == ({}, IndexState(0, 0))
        index.remember(_marked(B), IndexState(1, 1))
        assert index.known([A, B]) == {B: SAID}
    assert [file.name for file in tmp_path.iterdir()] == ["index"]


def test_many_identities_at_once(tmp_path: Path) -> None:
    """A batch of thousands is looked up in one call, in any order."""
    mine = [identity("w1", str(number)) for number in range(20_000)]
    with _index(tmp_path / "index") as index:
        index.remember(_marked(*mine[::2]), IndexState(1, 10_000))

        assert index.known(reversed(mine)) == dict(_marked(*mine[::2]))


def test_identities_that_begin_alike(tmp_path: Path) -> None:
    """Identities with the same first half, of any bytes, are told apart; also after the index was opened again."""
    alike = [
        half + end for half in (bytes(8), b"\xff" * 8, b"\x00\xff" * 4) for end in (bytes(8), b"\xff" * 8, b"8 bytes.")
    ]
    with _index(tmp_path / "index") as index:
        index.remember([(key, key[-4:]) for key in alike[::2]], IndexState(1, 5))

    with _index(tmp_path / "index") as index:
        assert index.known(alike) == {key: key[-4:] for key in alike[::2]}


def test_a_folder_that_is_in_use(tmp_path: Path) -> None:
    """An index that somebody else has open cannot be opened, and the error says what to do."""
    with (
        _index(tmp_path / "index"),
        pytest.raises(StoreUnavailable, match=r"index of event ids cannot be opened right now.*send it again"),
    ):
        Identities(tmp_path / "index")


def test_a_place_that_cannot_be_an_index(tmp_path: Path) -> None:
    """A file in the way is an error of the store."""
    (tmp_path / "index").write_text("something else")

    with pytest.raises(StoreUnavailable):
        Identities(tmp_path / "index")


def test_an_index_that_is_opened_again_has_its_filters(tmp_path: Path) -> None:
    """Without them each look-up of a new id would read a block of every file, in old files as in those written next."""
    ids = [number.to_bytes(16, "big") for number in range(20_000)]
    index = Identities(tmp_path / "index")
    for place in (0, 10_000):
        index.remember([(key, b"said") for key in ids[place : place + 10_000]], IndexState(1, 1))
        index.close()
        index = Identities(tmp_path / "index")

    held = index._opened().property_value("rocksdb.estimate-table-readers-mem")
    index.close()

    assert int(held or 0) > len(ids) * 12 // 8  # twelve bits an id
