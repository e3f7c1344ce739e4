"""A contradiction found by a rule: a value, so that rules stay pure and callers decide what it becomes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """The field that cannot be as it is, its value, and what to do about it."""

    field: str
    value: object
    message: str


def check_text(field: str, text: str | None, longest: int) -> Problem | None:
    """Return what keeps a text from being stored, on any database."""
    if text is None:
        return None
    if len(text) > longest:
        return Problem(field, text, f"use up to {longest} characters; these are {len(text)}")
    if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        return Problem(field, text, "use text without NUL and without halves of characters")
    return None
