"""What goals of histories wait for, and what the attributes of user events say: values that meet and values that miss.

The values of filters and of attributes come from the same few, so that conditions are often fulfilled and often not.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

Json = dict[str, Any]

GOAL_EVENTS = ("purchase", "purchase", "purchase", "Purchase", "sign-up")
OTHER_EVENTS = ("page viewed", "PURCHASE")
CURRENCIES = ("EUR", "EUR", "USD", "eur", "GBP", None)

TEXTS = (
    "red",
    "Red",
    "RED SHOES",
    "blue shoes",
    "Zoë",
    "ZOË",
    "名前",
    "o'neil",
    "50%",
    "a_b",
    "axb",
    "a\\b",
    'a"b',
    "7",
)
PARTS = (*TEXTS, "re", "shoes", "SHOES", "ë", "前", "%", "_", "\\", "'", '"', "o", "b")
NUMBERS: tuple[Any, ...] = (
    *(0, 1, 10, 10.5, "10.5", "10.50", "1e1", 1e1, -3, "-3.0", "-0", 19.99, "19.99"),
    *(10.000000001, "10.0000000019", -10.0000000009, 999999999999999, "999999999999999.999999999"),
)
NO_NUMBERS: tuple[Any, ...] = ("", "ten", "010", "+10", " 10", "10.", ".5", "1,000", "0xA", 10**15, "1e15", "NaN")
NUMBERS_OF_FILTERS: tuple[Any, ...] = (0, 1, 10, 10.5, -3, 19.99, 10.000000001, -10, 999999999999999)
TRUTHS: tuple[Any, ...] = (True, True, True, False, False, "true", 1, 0)
ARRAYS: tuple[Any, ...] = (
    *(
        ["red", "blue"],
        ["RED", 7],
        [0, 1],
        [True],
        [7.0, 7.5, True],
        [],
        ["Zoë"],
        [None, False],
        ["10", "7"],
        [[10]],
        [10, "Blue"],
    ),
    *("red", {"red": 1}, [{"red": 1}], [10.000000001], ["a\\b", 'a"b', "名前"], [-3, 1]),
)
ELEMENTS: tuple[Any, ...] = (
    "red",
    "Red",
    "blue",
    "ZOË",
    7,
    7.5,
    10,
    "10",
    True,
    False,
    10.000000001,
    "a\\b",
    'a"b',
    "名前",
    -3,
)
OTHERS: tuple[Any, ...] = (None, None, True, 7, "red", [], ["red"], {}, {"red": None})

CONDITIONS = {
    "STRING": (
        *("is", "in", "contains", "containsInTheFollowing", "startsWith", "startWithInTheFollowing"),
        *("endsWith", "endsWithInTheFollowing", "exists"),
    ),
    "DOUBLE": ("is", "in", "between", "lessThan", "greaterThan", "exists"),
    "NUMBER": ("is", "in", "between", "lessThan", "greaterThan", "exists"),
    "BOOL": ("is", "exists"),
    "DATETIME": ("on", "before", "after", "between", "exists"),
    "ARRAY": ("contains", "containsInTheFollowing", "exists"),
}
"""The conditions of each type of attribute."""

NAMES = {
    "STRING": ("color", "item.name"),
    "DOUBLE": ("amount", "cart.total"),
    "NUMBER": ("amount", "cart.total"),
    "BOOL": ("member", "cart.gift"),
    "DATETIME": ("due", "item.made"),
    "ARRAY": ("tags", "cart.codes"),
}
"""The attributes that are usually of each type."""

PAIRS = tuple((data_type, condition) for data_type, conditions in CONDITIONS.items() for condition in conditions)


def some_goals(dice: Random, pair: tuple[str, str], zone: str, hard_day: date) -> list[Json]:
    """Make up the goals of a campaign; the first of them has a filter of this type and condition."""
    goals: list[Json] = []
    for number in range(dice.choice((0, 1, 1, 2, 2, 3))):
        goal: Json = {"name": dice.choice(("Buy", "Käufe", "Goal")) + f" {number}", "event": dice.choice(GOAL_EVENTS)}
        pairs = [pair] if number == 0 else dice.choices(PAIRS, k=dice.choice((0, 0, 0, 1, 2)))
        if dice.random() < 0.3:
            pairs = []
        if pairs:
            goal["filters"] = [some_filter(dice, one, zone, hard_day) for one in pairs]
        if dice.random() < 0.7:
            goal["revenue_attribute"] = dice.choice(("amount", "cart.total"))
            if dice.random() < 0.4:
                goal["currency"] = dice.choice(("EUR", "USD"))
        goals.append(goal)
    return goals


def some_filter(dice: Random, pair: tuple[str, str], zone: str, hard_day: date) -> Json:
    """Make up a filter of a type and a condition, with the values that it needs."""
    data_type, condition = pair
    given: Json = {"name": dice.choice(NAMES[data_type]), "data_type": data_type, "condition": condition}
    if dice.random() < 0.1:
        # Amounts are no good as milliseconds: most would be before 1970 or in a far future.
        left_out = NAMES["DOUBLE"] if data_type == "DATETIME" else ()
        names = [name for some in NAMES.values() for name in some if name not in left_out]
        given["name"] = dice.choice(names)
    if condition != "exists":
        given |= _values(dice, pair, zone, hard_day)
    if dice.random() < 0.35:
        given["negate"] = True
    if data_type in {"STRING", "ARRAY"} and dice.random() < 0.4:
        given["case_sensitive"] = True
    return given


def _values(dice: Random, pair: tuple[str, str], zone: str, hard_day: date) -> Json:
    data_type, condition = pair
    some: list[Any]
    match data_type:
        case "STRING":
            some = dice.sample(TEXTS if condition in {"is", "in"} else PARTS, 3)
        case "DOUBLE" | "NUMBER":
            some = dice.sample(NUMBERS_OF_FILTERS, 3)
        case "BOOL":
            some = [dice.random() < 0.7]
        case "DATETIME":
            some = dice.choices(days_and_moments(zone, hard_day), k=2)
        case _:
            some = dice.sample(ELEMENTS, 3)
    if condition == "in" or condition.endswith("InTheFollowing"):
        return {"value": some[: dice.randint(1, 3)]}
    if condition == "between":
        first, last = some[:2] if data_type == "DATETIME" else sorted(some[:2])
        return {"value": first, "value1": last}
    return {"value": some[0]}


@cache
def days_and_moments(zone: str, hard_day: date) -> tuple[Any, ...]:
    """Spell moments around the hard day: days, local times, times with an offset, and milliseconds."""
    found: list[Any] = []
    for days in (-1, 0, 1):
        day = hard_day + timedelta(days=days)
        noon = datetime.combine(day, time(12), ZoneInfo(zone))
        if noon.astimezone(UTC).astimezone(ZoneInfo(zone)).date() != day:
            continue  # a day that never was
        midnight = datetime.combine(day, time(), ZoneInfo(zone)).astimezone(UTC)
        milliseconds = (midnight - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
        found += [f"{day}", f"{day}T12:00", f"{day} 12:00:00", f"{day}T12:00:00.123", f"{day} 18:30:00.999"]
        found += [f"{midnight:%Y-%m-%dT%H:%M}Z", f"{midnight:%Y-%m-%d %H:%M:%S}.001+0000", milliseconds]
        found += [f"{midnight:%Y-%m-%dT%H:%M:%S}-03:30", f"{midnight:%Y-%m-%dT%H:%M}+0545", milliseconds - 1]
    return tuple(found)


def some_attributes(dice: Random, zone: str, hard_day: date) -> Json:
    """Make up the attributes of a user event; some are missing, null or of another type."""
    moments = (*days_and_moments(zone, hard_day), "2026-02-30", "soon", "1969-12-31", "2026-01-01T12", f"{hard_day}Z")
    usual: dict[str, tuple[Any, ...]] = {
        "color": TEXTS,
        "amount": (*NUMBERS, *NUMBERS, *NO_NUMBERS),
        "member": TRUTHS,
        "due": moments,
        "tags": ARRAYS,
        "currency": CURRENCIES,
    }
    cart = {"total": usual["amount"], "gift": TRUTHS, "codes": ARRAYS, "currency": CURRENCIES}
    item = {"name": TEXTS, "made": moments}
    attributes = _chosen(dice, usual)
    attributes |= _nested(dice, "cart", _chosen(dice, cart))
    return attributes | _nested(dice, "item", _chosen(dice, item))


def _chosen(dice: Random, usual: dict[str, tuple[Any, ...]]) -> Json:
    found: Json = {}
    for name, values in usual.items():
        kind = dice.random()
        if kind < 0.8:
            found[name] = dice.choice(values)
        elif kind < 0.9 and name != "currency":
            found[name] = dice.choice(OTHERS)
    return found


def _nested(dice: Random, name: str, inner: Json) -> Json:
    """Put attributes into an object, or under their literal names; sometimes there is something else in its place."""
    if dice.random() < 0.1:
        return {name: dice.choice((None, 7, "cart", [inner]))}
    if dice.random() < 0.2:
        return {f"{name}.{key}": value for key, value in inner.items()} | {name: dict.fromkeys(inner, "red")}
    return {name: inner}
