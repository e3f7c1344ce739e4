"""How a reason of unknown key is spelled. Source: the pattern of the keys that clients know."""

import re


def spell(label: str) -> str:
    """Spell a reason of unknown key the way known keys are spelled.

    The words are joined in camel case and an underscore goes before every capital but the first, then
    all is lower case: "FC Removed" becomes `f_c_removed`. Underscores of the label stay, so that what is in that
    form already stays as it is.
    """
    words = re.findall(r"\w+", label)
    spelled = "".join(_letter(letter, place == 0) for word in words for place, letter in enumerate(word))
    return spelled.strip("_") or "unknown"


def _letter(letter: str, first: bool) -> str:
    """Spell one letter; the first of a word counts as a capital, which letters without capitals cannot be."""
    # Lower case can bring an accent of its own along ("\u0130"), which would be no letter the next time.
    lower = re.sub(r"\W", "", letter.lower())
    capital = letter != lower or (first and letter.upper() != letter)
    return f"_{lower}" if capital else lower


def snake(label: str) -> str:
    """Spell a provider's own error name in plain snake case: "Message Too Big" is `message_too_big`.

    A word within capitals begins with a capital and two letters: the s of "APNs" does not make one.
    """
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})", "_", label)
    return re.sub(r"\W+", "_", split).strip("_").lower()
