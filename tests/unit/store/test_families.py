"""Whose events count for whom, as the engine is told."""

from aftersend.store.families import Groups


def test_everybody_alone() -> None:
    """Without families there is nothing to look up."""
    groups = Groups({"b": ("b",), "a": ("a",)})

    assert groups.plain
    assert groups.parameters == {"campaigns": ["a", "b"]}


def test_those_who_count_for_the_same_are_one_group() -> None:
    """The children that are not asked about are one group with their parent; the one that is has its own."""
    groups = Groups({"p": ("p", "r1", "r2", "r3"), "r2": ("r2",), "z": ("z",)})

    assert not groups.plain
    assert groups.parameters == {
        "campaigns": ["p", "r1", "r2", "r3", "z"],
        "groups": [1, 1, 2, 1, 3],
        "owners": [["p"], ["p", "r2"], ["z"]],
    }
    assert groups.members(("p",)) == ("p", "r1", "r2", "r3")
    assert groups.members(("r2", "z", "p")) == ("r2", "z", "p", "r1", "r3")


def test_a_family_without_its_parent() -> None:
    """A campaign that counts for another alone makes a question one of families."""
    assert not Groups({"p": ("r1",)}).plain
