"""Reads the fields of a JSON object one by one, and notes every problem instead of stopping at the first."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from aftersend.domain.problems import check_text
from aftersend.errors import InvalidFields

Value = TypeVar("Value")

_ABSENT = object()
_TYPE_NAMES = {str: "string", bool: "boolean", int: "int", float: "float", list: "array", dict: "object"}


class Fields:
    """What is left to read of an object. A field that is absent or cannot be used reads as None or as nothing."""

    def __init__(self, body: object) -> None:
        self._where = ""
        self._problems: list[tuple[str, str]] = []
        self._left: dict[str, Any] = {}
        if isinstance(body, dict):
            self._left = dict(body)
        else:
            self._problems.append(("body", _wrong_type("body", "object", body)))
            self.done()

    def text(self, field: str, longest: int | None = None, *, mandatory: bool = False) -> str | None:
        """Take a text that is not empty; one that is looked for in the registry has a longest length."""
        value = self._take(field, str, mandatory=mandatory)
        return self._checked_text(field, value, longest) if isinstance(value, str) else None

    def number(self, field: str, least: int, most: int | None = None) -> int:
        """Take a whole number, which has to be there; what cannot be used reads as the least one."""
        value = self._take(field, int, mandatory=True)
        if not isinstance(value, int):
            return least
        if value < least or (most is not None and value > most):
            self.refuse(field, f"{field} has to be {f'from {least} to {most}' if most else f'at least {least}'}")
            return least
        return value

    def flag(self, field: str) -> bool:
        """Take a switch, which is off when it is absent."""
        return self._take(field, bool, mandatory=False) is True

    def texts(self, field: str, longest: int, most: int) -> tuple[str, ...]:
        """Take an array of texts."""
        found = []
        for place, value in enumerate(self._array(field, most)):
            if not isinstance(value, str):
                self.refuse(f"{field}[{place}]", _wrong_type(f"{field}[{place}]", "string", value))
            elif (text := self._checked_text(f"{field}[{place}]", value, longest)) is not None:
                found.append(text)
        return tuple(found)

    def choices(
        self,
        field: str,
        allowed: Mapping[str, Value],
        most: int,
        spelled: Callable[[str], str] = str,
    ) -> tuple[Value, ...]:
        """Take an array of words from a list; `spelled` says how a word is looked up."""
        found = []
        for place, value in enumerate(self._array(field, most)):
            if isinstance(value, str) and spelled(value) in allowed:
                found.append(allowed[spelled(value)])
            else:
                self.refuse(f"{field}[{place}]", f"{field} takes {', '.join(allowed)}")
        return tuple(found)

    def inner(self, field: str) -> "Fields | None":
        """Take an object; its problems are noted with those of this one."""
        value = self._take(field, dict, mandatory=False)
        if not isinstance(value, dict):
            return None
        inner = Fields(value)
        inner._where = f"{self._where}{field}."
        inner._problems = self._problems
        return inner

    def refuse(self, field: str, message: str) -> None:
        """Note a problem of a field."""
        self._problems.append((self._where + field, message))

    def end(self) -> None:
        """Note the fields that nobody has taken."""
        for unknown in self._left:
            self.refuse(unknown, f"{unknown} is not a field of this request")
        self._left = {}

    def done(self) -> None:
        """Finish.

        Raises:
            InvalidFields: there were problems.
        """
        self.end()
        if self._problems:
            raise InvalidFields(self._problems)

    def _take(self, field: str, kind: type, *, mandatory: bool) -> object:
        value = self._left.pop(field, _ABSENT)
        if value is _ABSENT:
            if mandatory:
                self.refuse(field, f"{field} key is mandatory field")
            return None
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is int):
            self.refuse(field, _wrong_type(field, _TYPE_NAMES[kind], value))
            return None
        return value

    def _array(self, field: str, most: int) -> list[Any]:
        value = self._take(field, list, mandatory=False)
        if not isinstance(value, list):
            return []
        if len(value) > most:
            self.refuse(field, f"{field} takes up to {most} values")
            return []
        return value

    def _checked_text(self, field: str, text: str, longest: int | None) -> str | None:
        if not text:
            self.refuse(field, f"{field} must not be empty")
            return None
        if longest is not None and (problem := check_text(field, text, longest)):
            self.refuse(field, f"{field}: {problem.message}")
            return None
        return text


def _wrong_type(field: str, expected: str, value: object) -> str:
    got = "null" if value is None else _TYPE_NAMES.get(type(value), type(value).__name__)
    return f"{field} - Invalid value passed. Expected type: {expected}, but got: {got}."
