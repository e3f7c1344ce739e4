"""Texts of touches compare as the touches do, and say what they were."""

from random import Random

import pytest

from aftersend.store.touch_text import names_of_touch, number_of_touch, text_of_touch
from server import Server

NUMBERS = {
    "depth": (1, 2, 255),
    "touched": (946_684_800_000, 1_767_225_600_000, 2**48 - 1),
    "position": (1, 2**32 - 1),
    "held_out": (0, 1, 2),
    "family": (0, 7, 2**32 - 1),
}
COLUMNS = ("platform", "locale", "variation")
NAMES = ("", "A", "AB", "B", "\x01", "ü", "😀")


@pytest.mark.parametrize("seed", range(20))
def test_the_greatest_text_is_of_the_greatest_touch(server: Server, seed: int) -> None:
    """Numbers count before names, names by their bytes, and one that another begins with is smaller."""
    dice = Random(seed)
    numbers = [[dice.choice(values) for values in NUMBERS.values()] for _ in range(30)]
    names = [[dice.choice(NAMES) for _ in COLUMNS] for _ in range(30)]
    text = text_of_touch(**{name: name for name in NUMBERS})
    given = [f"{{{name}:Array(Int64)}} AS {name}" for name in NUMBERS]
    given += [f"{{{name}:Array(String)}} AS {name}" for name in COLUMNS]
    told = ", ".join(number_of_touch("greatest", name) for name in NUMBERS)
    statement = f"""
SELECT {told}, {names_of_touch("greatest")}
FROM (SELECT max({text}) AS greatest FROM (SELECT 1) ARRAY JOIN {", ".join(given)})"""
    columns = dict(zip(NUMBERS, zip(*numbers, strict=True), strict=True))
    columns |= dict(zip(COLUMNS, zip(*names, strict=True), strict=True))
    *found, found_names = server.parts.stats.engine.select(
        statement, {name: [*each] for name, each in columns.items()}
    )[0]
    assert (found, found_names) == max(
        zip(numbers, names, strict=True), key=lambda touch: (touch[0], [name.encode() for name in touch[1]])
    )
