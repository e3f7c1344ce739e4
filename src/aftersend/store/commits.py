"""Which commits' rows a statement looks at, by the number of the commit in which a row came."""

from dataclasses import dataclass

MOST_SENIOR = 2**64 - 1
"""A row's seniority is this less the number of its commit: the earlier, the greater."""


@dataclass(frozen=True, slots=True)
class Commits:
    """Rows of all commits, or up to one; of all users, or of those of whom something came after another one.

    What is computed user by user can so be brought up to date: of the users of whom something came since, what is
    true now, less what was true then. `touched_until` bounds who these users are. It is the same in both, so that
    both speak of the same users while more comes in.
    """

    until: int | None = None
    touched_after: int | None = None
    touched_until: int | None = None

    @property
    def rows(self) -> str:
        """Return the end of a condition on `seniority`; nothing where all rows are looked at."""
        return "" if self.until is None else f" AND seniority >= {MOST_SENIOR - self.until}"

    @property
    def between(self) -> str:
        """Return a condition for the rows that make a user one to look at."""
        after = "1" if self.touched_after is None else f"seniority < {MOST_SENIOR - self.touched_after}"
        return after if self.touched_until is None else f"{after} AND seniority >= {MOST_SENIOR - self.touched_until}"


EVERY = Commits()
