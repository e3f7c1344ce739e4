"""Who is held out of a campaign, and who gets which variation.

Nothing is stored: a keyed hash decides, so the same question has the same answer at any time, on any server, and
for users who are new. The key is the workspace's salt. BLAKE2b takes a word that sets the two draws apart, so the
global group says nothing about the groups of a campaign, nor one campaign or send about another.
"""

import hashlib
from bisect import bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

from aftersend.domain.campaigns import DEFAULT_VARIATION, Campaign
from aftersend.domain.kinds import ControlGroup

_DRAWS = 2**64
"""A draw is a whole number from 0 up to this."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a sender has to do for a user: nothing, because a group holds the user out, or send a variation."""

    user_id: str
    held_out: ControlGroup | None
    variation: str | None


def random_members(salt: bytes, percentage: float, users: Iterable[str]) -> set[str]:
    """Return those of the users who are in a random global group.

    A user who is in a group is also in every larger one.
    """
    draw = _Draw(salt, b"global group")
    bound = _bound(Fraction(percentage))
    return {user for user in users if draw.of(user) < bound}


def assign(
    campaign: Campaign, send_id: str | None, salt: bytes, users: Iterable[str], global_members: Collection[str]
) -> list[Assignment]:
    """Decide for each user, in order.

    One draw of each user, for this campaign and send, decides on the campaign's own group and on the variation:
    a larger group holds out whom a smaller one does, too.
    """
    draw = _Draw(salt, b"campaign", campaign.id, send_id or "")
    names = campaign.variations or (DEFAULT_VARIATION,)
    bounds = _bounds(campaign, len(names))

    def decide(user: str) -> Assignment:
        if user in global_members:
            return Assignment(user, ControlGroup.GLOBAL, None)
        place = bisect_right(bounds, draw.of(user))
        if place == 0:
            return Assignment(user, ControlGroup.CAMPAIGN, None)
        return Assignment(user, None, names[place - 1])

    return [decide(user) for user in users]


def held_out_event_id(campaign_id: str, send_id: str | None, user_id: str) -> str:
    """Return the id of the event that a user was held out of a campaign, or of one send of it."""
    texts = (campaign_id, send_id or "", user_id)
    return f"held_out-{hashlib.sha256(b''.join(map(_told_apart, texts))).hexdigest()}"


def _bounds(campaign: Campaign, variations: int) -> list[int]:
    """Where the draws of the campaign's own group end, and those of each variation."""
    held_out = Fraction(campaign.control_groups.campaign_percentage)
    shares = [Fraction(share) for share in campaign.variation_percentages] or [Fraction(1)] * variations
    sent = 100 - held_out
    return [_bound(held_out), *(_bound(held_out + sent * share / sum(shares)) for share in accumulate(shares))]


def _bound(percentage: Fraction) -> int:
    return round(percentage / 100 * _DRAWS)


class _Draw:
    """A number for each user, as good as random to everybody who does not know the salt."""

    def __init__(self, salt: bytes, purpose: bytes, *names: str) -> None:
        self._begun = hashlib.blake2b(digest_size=8, key=salt, person=purpose)
        self._begun.update(b"".join(map(_told_apart, names)))

    def of(self, user: str) -> int:
        """Return the draw of a user, evenly from 0 up to 2 to the 64th."""
        hashed = self._begun.copy()
        hashed.update(_encoded(user))
        return int.from_bytes(hashed.digest(), "big")


def _told_apart(text: str) -> bytes:
    """The text with its length before it, so that no two rows of texts are the same bytes."""
    encoded = _encoded(text)
    return len(encoded).to_bytes(4, "big") + encoded


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
