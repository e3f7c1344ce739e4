"""A contradiction found by a rule: a value, so that rules stay pure and callers decide what it becomes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """The field that cannot be as it is, its value, and what to do about it."""

    field: str
    value: object
    message: str
