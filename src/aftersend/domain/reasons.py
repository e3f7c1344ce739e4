"""The catalogue of reasons why a message was removed, failed or not delivered.

A reason has one name in events and in the ledger, and one key in `failure_breakdown`. Reasons are open: a word that
is not among the rows of `reason_rows` is accepted and spelled by the rule of `reason_spelling`.
"""

import re
from functools import cache

from aftersend.domain.channels import Channel
from aftersend.domain.reason_rows import REASONS, Loss, Phase, Reason
from aftersend.domain.reason_spelling import snake, spell

__all__ = [
    "REASONS",
    "Loss",
    "Phase",
    "Reason",
    "breakdown_key",
    "is_known_reason",
    "is_loss",
    "reason_name",
    "reasons_of",
    "snake",
    "spell",
]


@cache
def _by_word(channel: Channel) -> dict[str, Reason]:
    """Every word that means a reason on this channel, folded; earlier rows win over later aliases."""
    words: dict[str, Reason] = {}
    rows = [reason for reason in REASONS if channel in reason.channels]
    for reason in rows:
        words[_fold(reason.name)] = reason
    for reason in rows:
        for word in (reason.key, *reason.aliases):
            words.setdefault(_fold(word), reason)
        if channel is Channel.PUSH and reason.push_code:
            words.setdefault(reason.push_code, reason)
    return words


def _fold(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).lower()


def is_loss(channel: Channel, word: str) -> bool:
    """Return whether a word means a reason that takes users off the delivery funnel."""
    known = _by_word(channel).get(_fold(word))
    return known is not None and known.loss is not None


def is_known_reason(channel: Channel, word: str) -> bool:
    """Return whether a word means a reason of the catalogue on this channel."""
    return _fold(word) in _by_word(channel)


def reason_name(channel: Channel, word: str) -> str:
    """Return the name under which the ledger keeps a reason: the catalogue's, or the word as spelled."""
    known = _by_word(channel).get(_fold(word))
    if known is not None:
        return known.name
    if channel is Channel.CONNECTOR and (status := re.fullmatch(r"(?i)(?:http\W*_*)?(\d{3})", word.strip())):
        return f"http_{status[1]}"
    return spell(word.strip())


@cache
def breakdown_key(channel: Channel, name: str) -> str:
    """Return the key under which `failure_breakdown` prints a reason that the ledger keeps as `name`."""
    known = _by_word(channel).get(_fold(name))
    return known.key if known is not None and known.name == name else name


@cache
def reasons_of(channel: Channel, loss: Loss) -> frozenset[str]:
    """Return the names of the channel's reasons that are this kind of loss."""
    return frozenset(reason.name for reason in REASONS if channel in reason.channels and reason.loss is loss)
