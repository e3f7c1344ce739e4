"""Which rows a statement looks at: those that had come by some commit, and those of some users."""

from dataclasses import dataclass

from aftersend.store.seniority import senior


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows that had come by a commit, or all; of some users, or of all."""

    until: int | None = None
    users: tuple[str, ...] | None = None

    @property
    def came(self) -> str:
        """Return the end of a condition on `seniority`; nothing where all rows are looked at."""
        return "" if self.until is None else f" AND seniority >= {senior(self.until)}"


ALL_ROWS = Rows()
