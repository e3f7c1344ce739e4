"""How a reason of unknown key is spelled. Source: the pattern of the keys that clients know."""

import re


def spell(label: str) -> str:
    """Spell a reason of unknown key the way known keys are spelled.

    The words are joined in camel case and an underscore goes before every capital but the first, then
    all is lower case: "FC Removed" becomes `f_c_removed`. What is in that form already stays as it is.
    """
    if re.fullmatch(r"[a-z0-9]+(?:_+[a-z0-9]+)*", label):
        return label
    words = [word for word in re.split(r"[\W_]+", label) if word]
    camel = "".join(word[0].upper() + word[1:] for word in words)
    spelled = "".join(("_" + letter if letter.isupper() else letter) for letter in camel).lower()
    return spelled.removeprefix("_") or "unknown"


def snake(label: str) -> str:
    """Spell a provider's own error name in plain snake case: "Message Too Big" is `message_too_big`."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", label)
    return re.sub(r"\W+", "_", split).strip("_").lower()
