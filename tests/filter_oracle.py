"""The oracle's filters: whether the attributes of a user event fulfil a condition, one case after the other."""

from typing import Any

from oracle_values import local_day, moment_of, number_of

Json = dict[str, Any]


def attribute_of(attributes: Json, name: str) -> Any:
    """Look up an attribute by its literal name, or by its path into nested objects; None when it is not there."""
    if name in attributes:
        return attributes[name]
    found: Any = attributes
    for step in name.split("."):
        if not isinstance(found, dict) or step not in found:
            return None
        found = found[step]
    return found


def fulfils(condition: Json, attributes: Json, timezone: str) -> bool:
    """Tell whether the attributes fulfil a filter of a goal."""
    holds = _holds(condition, attribute_of(attributes, condition["name"]), timezone)
    return not holds if condition.get("negate") else holds


def _holds(condition: Json, attribute: Any, timezone: str) -> bool:
    if attribute is None:
        return False
    if condition["condition"] == "exists":
        return True
    match condition["data_type"]:
        case "STRING":
            return isinstance(attribute, str) and _string_holds(condition, attribute)
        case "DOUBLE" | "NUMBER":
            return _number_holds(condition, attribute)
        case "BOOL":
            return isinstance(attribute, bool) and attribute == condition["value"]
        case "DATETIME":
            return _moment_holds(condition, attribute, timezone)
        case "ARRAY":
            return isinstance(attribute, list) and _array_holds(condition, attribute)
    raise AssertionError(condition)


def _wanted(condition: Json) -> list[Any]:
    """Return the list of a condition that takes one, or the one value of any other as a list."""
    value = condition["value"]
    return value if isinstance(value, list) else [value]


def _folded(condition: Json, text: str) -> str:
    return text if condition.get("case_sensitive") else text.lower()


def _string_holds(condition: Json, attribute: str) -> bool:
    text = _folded(condition, attribute)
    wanted = [_folded(condition, one) for one in _wanted(condition)]
    match condition["condition"]:
        case "is" | "in":
            return text in wanted
        case "contains" | "containsInTheFollowing":
            return any(one in text for one in wanted)
        case "startsWith" | "startWithInTheFollowing":
            return any(text.startswith(one) for one in wanted)
        case "endsWith" | "endsWithInTheFollowing":
            return any(text.endswith(one) for one in wanted)
    raise AssertionError(condition)


def _number_holds(condition: Json, attribute: Any) -> bool:
    number = number_of(attribute)
    if number is None:
        return False
    wanted = [found for one in _wanted(condition) if (found := number_of(one)) is not None]
    match condition["condition"]:
        case "is" | "in":
            return number in wanted
        case "lessThan":
            return number < wanted[0]
        case "greaterThan":
            return number > wanted[0]
        case "between":
            last = number_of(condition["value1"])
            assert last is not None
            return wanted[0] <= number <= last
    raise AssertionError(condition)


def _moment_holds(condition: Json, attribute: Any, timezone: str) -> bool:
    moment, wanted = moment_of(attribute, timezone), moment_of(condition["value"], timezone)
    assert wanted is not None
    if moment is None:
        return False
    match condition["condition"]:
        case "on":
            return local_day(moment, timezone) == local_day(wanted, timezone)
        case "before":
            return moment < wanted
        case "after":
            return moment > wanted
        case "between":
            last = moment_of(condition["value1"], timezone)
            assert last is not None
            return wanted <= moment <= last
    raise AssertionError(condition)


def _array_holds(condition: Json, attribute: list[Any]) -> bool:
    return any(_equal(condition, element, one) for element in attribute for one in _wanted(condition))


def _equal(condition: Json, element: Any, wanted: Any) -> bool:
    if isinstance(element, str) or isinstance(wanted, str):
        both_are = isinstance(element, str) and isinstance(wanted, str)
        return both_are and _folded(condition, element) == _folded(condition, wanted)
    if isinstance(element, bool) or isinstance(wanted, bool):
        return element is wanted
    number = number_of(element)
    return number is not None and number == number_of(wanted)
