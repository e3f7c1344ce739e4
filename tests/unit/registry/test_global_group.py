"""The lists of uploaded users: replaced as a whole, and known to nobody else."""

import pytest

from aftersend.errors import StoreUnavailable
from unit.registry.opening import opened, opened_twice

STRANGE = ["u1", "Ü\u2028 1", "a'b", '"', "💌", "x" * 256, " ", "%", "line\nbreak", "\\u0041"]


def test_users_are_found_among_others(registry_url: str) -> None:
    """Those who are on the list are found, however they are spelled; texts that no list can hold are not."""
    with opened(registry_url, "w1") as registry:
        registry.uploaded_users.replace("w1", STRANGE)

        found = registry.uploaded_users.among("w1", [*STRANGE, "U1", "u2", "", "u1\0", "A"])

        assert found == set(STRANGE)
        assert registry.uploaded_users.size("w1") == len(STRANGE)


def test_a_list_replaces_the_last_one(registry_url: str) -> None:
    """Nothing of the old list is left; an empty list is one, too."""
    with opened(registry_url, "w1") as registry:
        uploaded = registry.uploaded_users
        uploaded.replace("w1", ["a", "b"])
        uploaded.replace("w1", ["b", "c"])
        assert uploaded.among("w1", "abc") == {"b", "c"}

        uploaded.replace("w1", [])
        assert (uploaded.among("w1", "abc"), uploaded.size("w1")) == (set(), 0)


def test_workspaces_do_not_see_each_others_lists(registry_url: str) -> None:
    """A list belongs to one workspace, whoever else has users of the same ids."""
    with opened(registry_url, "w1", "w2") as registry:
        registry.uploaded_users.replace("w1", ["a", "b"])
        registry.uploaded_users.replace("w2", ["b", "c"])
        registry.uploaded_users.replace("w1", ["a"])

        assert registry.uploaded_users.among("w1", "abc") == {"a"}
        assert registry.uploaded_users.among("w2", "abc") == {"b", "c"}


def test_ten_thousand_are_looked_up_among_many(registry_url: str) -> None:
    """More users than a statement can name are looked up, on a list that is written in several pieces."""
    with opened(registry_url, "w1") as registry:
        registry.uploaded_users.replace("w1", (f"user-{number}" for number in range(25_000)))

        found = registry.uploaded_users.among("w1", [f"user-{number}" for number in range(20_000, 30_000)])

        assert found == {f"user-{number}" for number in range(20_000, 25_000)}
        assert registry.uploaded_users.size("w1") == 25_000


def test_another_process_sees_a_list_at_once(registry_url: str) -> None:
    """Nothing of a list is remembered: what was replaced elsewhere holds from then on."""
    with opened_twice(registry_url, "w1") as (one, other):
        one.uploaded_users.replace("w1", ["a"])
        assert other.uploaded_users.among("w1", "ab") == {"a"}

        one.uploaded_users.replace("w1", ["b"])
        assert other.uploaded_users.among("w1", "ab") == {"b"}


def test_a_list_that_cannot_be_kept_changes_nothing(registry_url: str) -> None:
    """A user named twice is a mistake of the caller, and the old list stays."""
    with opened(registry_url, "w1") as registry:
        registry.uploaded_users.replace("w1", ["a"])

        with pytest.raises(StoreUnavailable):
            registry.uploaded_users.replace("w1", ["b", "b"])

        assert registry.uploaded_users.among("w1", "ab") == {"a"}
