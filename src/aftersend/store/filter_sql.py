"""Goal filters and amounts as SQL over a user event's attributes. Users' words and values travel as parameters.

An attribute is taken as the raw JSON under its name; what it is shows in its first character. Every condition
written here is 0 or 1, never NULL, so that it can be negated.
"""

from collections.abc import Iterable
from datetime import tzinfo
from decimal import Decimal
from typing import Any

from aftersend.domain.filters import (
    JSON_NUMBER,
    MOMENT,
    NUMBER_LIMIT,
    NUMBER_PLACES,
    Condition,
    DataType,
    Moment,
    Test,
    Value,
    day_bounds,
)

_QUOTE = "'\"'"
"""SQL for the character that a text in JSON starts with."""

_WRITTEN_NUMBER = f'^"?({JSON_NUMBER})"?$'
"""Finds the number in raw JSON that is one, or a text with nothing but one. The engine spells numbers by itself."""


class Words:
    """The parameters of a statement, named as they are used."""

    def __init__(self) -> None:
        self.parameters: dict[str, Any] = {}
        self._names: dict[tuple[str, str], str] = {}
        self._aliases = 0

    def name(self) -> str:
        """Return a name for an expression that no other one of the statement has."""
        self._aliases += 1
        return f"x{self._aliases}"

    def text(self, value: str) -> str:
        """Return the place of a text."""
        return self.place("String", value)

    def texts(self, values: Iterable[str]) -> str:
        """Return the place of a list of texts."""
        return self.place("Array(String)", list(values))

    def number(self, value: int) -> str:
        """Return the place of a whole number."""
        return self.place("Int64", value)

    def place(self, kind: str, value: object) -> str:
        """Return the place of a value of the engine's type `kind`."""
        # The same value has one place, so that statements over many alike goals stay short.
        known = (kind, repr(value))
        if known not in self._names:
            self._names[known] = f"p{len(self._names)}"
            self.parameters[self._names[known]] = value
        return f"{{{self._names[known]}:{kind}}}"


class Scope:
    """The expressions of one SELECT that have a name, so that each is written and computed once."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self._named: dict[str, str] = {}

    def let(self, expression: str) -> str:
        """Return the name of an expression."""
        if expression not in self._named:
            self._named[expression] = self.words.name()
        return self._named[expression]

    def clause(self) -> str:
        """Write the clause that goes before the SELECT."""
        named = ", ".join(f"{expression} AS {name}" for expression, name in self._named.items())
        return f"WITH {named}" if named else ""


def raw(name: str, scope: Scope) -> str:
    """Return SQL for the raw JSON of an attribute; it is empty where there is none.

    The literal name comes first; where there is none, its dots lead into nested objects.
    """
    words = scope.words
    literal = words.text(name)
    direct = f"JSONExtractRaw(attributes, {literal})"
    if "." not in name:
        return scope.let(direct)
    path = ", ".join(words.text(part) for part in name.split("."))
    return scope.let(f"if(JSONHas(attributes, {literal}), {direct}, JSONExtractRaw(attributes, {path}))")


def number(value: str, scope: Scope) -> str:
    """Return SQL for the number that raw JSON is or is written as, or NULL."""
    # Each expression has its operand once: the engine plans every mention of a name anew, and what takes longest in a
    # statement about a small campaign is its plan.
    written = f"extract({value}, {scope.words.text(_WRITTEN_NUMBER)})"
    decimal = f"toDecimal128OrNull({written}, {NUMBER_PLACES})"
    limit = f"toDecimal128({scope.words.text(f'{NUMBER_LIMIT:f}')}, {NUMBER_PLACES})"
    return scope.let(f"arrayFirstOrNull(one -> abs(one) < {limit}, [{decimal}])")


def _is_text(value: str) -> str:
    return f"startsWith({value}, {_QUOTE})"


def condition_sql(condition: Condition, zone: tzinfo, scope: Scope) -> str:
    """Return SQL that says whether a condition holds."""
    attribute = raw(condition.name, scope)
    if condition.test is Test.EXISTS:
        holds = f"{attribute} NOT IN ('', 'null')"
    else:
        holds = _TYPES[condition.data_type](condition, attribute, zone, scope)
    return f"NOT ({holds})" if condition.negate else f"({holds})"


def _string(condition: Condition, attribute: str, _zone: tzinfo, scope: Scope) -> str:
    text, values = _folded(condition, scope.let(f"JSONExtractString({attribute})"), scope.words)
    test = {
        Test.EQUAL: f"has({values}, {text})",
        Test.CONTAINS: f"arrayExists(part -> position({text}, part) > 0, {values})",
        Test.STARTS: f"arrayExists(part -> startsWith({text}, part), {values})",
        Test.ENDS: f"arrayExists(part -> endsWith({text}, part), {values})",
    }[condition.test]
    return f"{_is_text(attribute)} AND {test}"


def _folded(condition: Condition, text: str, words: Words) -> tuple[str, str]:
    values = words.texts(value for value in condition.values if isinstance(value, str))
    if condition.case_sensitive:
        return text, values
    return f"lowerUTF8({text})", f"arrayMap(one -> lowerUTF8(one), {values})"


def _double(condition: Condition, attribute: str, _zone: tzinfo, scope: Scope) -> str:
    return _compared(condition, number(attribute, scope), [_decimal(value, scope.words) for value in condition.values])


def _decimal(value: Value, words: Words) -> str:
    assert isinstance(value, Decimal)
    return f"toDecimal128({words.text(f'{value:f}')}, {NUMBER_PLACES})"


def _bool(condition: Condition, attribute: str, _zone: tzinfo, scope: Scope) -> str:
    return f"{attribute} = {scope.words.text('true' if condition.values[0] else 'false')}"


def _datetime(condition: Condition, attribute: str, zone: tzinfo, scope: Scope) -> str:
    words = scope.words
    text = scope.let(f"JSONExtractString({attribute})")
    parsed = f"parseDateTime64BestEffortOrNull({text}, 3, {words.text(str(zone))})"
    written = f"match({text}, {words.text(f'^(?:{MOMENT})$')})"
    moment = scope.let(
        f"multiIf(match({attribute}, '^[0-9]+$'), toInt64OrNull({attribute}), "
        f"{_is_text(attribute)} AND {written}, toUnixTimestamp64Milli({parsed}), NULL)"
    )
    moments = [value for value in condition.values if isinstance(value, Moment)]
    if condition.test is Test.EQUAL:
        first, following = day_bounds(moments[0].day(zone), zone)
        return f"ifNull({moment} >= {words.number(first)} AND {moment} < {words.number(following)}, 0)"
    return _compared(condition, moment, [words.number(value.milliseconds(zone)) for value in moments])


def _compared(condition: Condition, found: str, values: list[str]) -> str:
    test = {
        Test.EQUAL: f"has([{', '.join(values)}], assumeNotNull({found}))",
        Test.BELOW: f"{found} < {values[0]}",
        Test.ABOVE: f"{found} > {values[0]}",
        Test.WITHIN: f"{found} BETWEEN {values[0]} AND {values[-1]}",
    }[condition.test]
    if condition.test is Test.EQUAL:
        return f"{found} IS NOT NULL AND {test}"
    return f"ifNull({test}, 0)"


def _array(condition: Condition, attribute: str, _zone: tzinfo, scope: Scope) -> str:
    element, values = _folded(condition, "JSONExtractString(element)", scope.words)
    tests = [f"{_is_text('element')} AND has({values}, {element})"]
    for value in condition.values:
        if isinstance(value, bool):
            tests.append(f"element = '{'true' if value else 'false'}'")
        elif isinstance(value, Decimal):
            same = f"toDecimal128OrNull(element, {NUMBER_PLACES}) = {_decimal(value, scope.words)}"
            tests.append(f"NOT {_is_text('element')} AND ifNull({same}, 0)")
    alternatives = " OR ".join(f"({test})" for test in tests)
    elements = f"JSONExtractArrayRaw({attribute})"
    return f"startsWith({attribute}, '[') AND arrayExists(element -> {alternatives}, {elements})"


_TYPES = {
    DataType.STRING: _string,
    DataType.DOUBLE: _double,
    DataType.BOOL: _bool,
    DataType.DATETIME: _datetime,
    DataType.ARRAY: _array,
}
