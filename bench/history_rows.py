"""SQL that makes the rows of a history inside the engine: nothing goes through Python.

Every value follows from the number of a message by hashing, so the same plan always makes the same rows. Event ids are
derived from campaign, send, user and what happened, which is what senders do who want to be able to send again.
"""

import math
from dataclasses import dataclass

from aftersend.store.seniority import MOST_SENIOR
from history import AMONG, TURNS, Group
from plan import LOCALES, SPAN_DAYS, SPAN_START, VARIATIONS

_DAY = 86_400_000
_END = SPAN_START + SPAN_DAYS * _DAY
_COMMIT = 5_000
"""Milliseconds: what is received within them is one commit."""

LAST_COMMIT = SPAN_DAYS * _DAY // _COMMIT + 10

COLUMNS = (
    "workspace_id, campaign_id, day, kind, platform, locale, variation, detail, machine, user_id, time, event_id, "
    "send_id, device_id, link, received_at, seniority, source, key_id"
)
USER_COLUMNS = (
    "workspace_id, name, day, user_id, time, event_id, platform, attributes, received_at, seniority, source, key_id"
)


def _words(words: object) -> str:
    assert isinstance(words, (list, tuple))
    return "[" + ", ".join(f"'{word}'" if isinstance(word, str) else str(word) for word in words) + "]"


def _happened() -> str:
    """An array of the numbers of the turns that a message takes, by its channel."""
    arrays = []
    for channel in range(AMONG):
        turns = (
            f"if({turn.condition}, {number}, 0)" for number, turn in enumerate(TURNS, 1) if turn.channel == channel
        )
        arrays.append(f"[{', '.join(turns)}]")
    chosen = ", ".join(f"channel = {channel}, {array}" for channel, array in enumerate(arrays[:-1]))
    return f"arrayFilter(turn -> turn > 0, multiIf({chosen}, {arrays[-1]}))"


@dataclass(frozen=True, slots=True)
class Messages:
    """How many messages it takes: of each campaign, by its channel; or, where sizes are not exact, of all together."""

    by_channel: tuple[int, ...]

    @property
    def most(self) -> int:
        """Return those of the campaign that has most."""
        return max(self.by_channel)


def bits_of_audience(messages: Messages) -> int:
    """Return how many bits the numbers of a group's users have: about three messages go to each in the month."""
    each = messages.most
    return max(math.ceil(math.log2(each / 3 + 1)), 6)


def _user(bits: int) -> str:
    """A permutation of the numbers of that many bits, another one for each send, so no send has a user twice."""
    mask, half = 2**bits - 1, bits // 2
    first = f"bitAnd(place * 2654435761 + cityHash64(campaign, send_day), {mask})"
    mixed = f"bitXor({first} AS x1, bitShiftRight(x1, {half}))"
    second = f"bitAnd({mixed} * 2246822519, {mask})"
    return f"bitXor({second} AS x2, bitShiftRight(x2, {half}))"


def _messages(group: Group, messages: Messages, first: int, count: int) -> str:
    """Messages in the order of their sends: campaign, day, place among those of the campaign."""
    numbers, number = len(group.numbers), group.numbers[-1] // max(len(group.numbers) - 1, 1)
    if group.exact:
        drawn = (
            f"(number % {numbers}) * {number} AS campaign, intDiv(number, {numbers}) AS place, "
            f"{list(messages.by_channel)}[1 + campaign % {AMONG}] AS sent, "
            f"intDiv(place * {SPAN_DAYS}, sent) AS send_day"
        )
        bound = " WHERE place < sent"
    else:
        bound = ""
        drawn = (
            f"intDiv(number * {SPAN_DAYS}, {messages.most}) AS send_day, number AS place, "
            f"toUInt32(pow({numbers}, cityHash64(number, 'campaign') / 18446744073709551616.)) - 1 AS drawn_campaign, "
            f"if(drawn_campaign > 200, least(drawn_campaign - drawn_campaign % {SPAN_DAYS} + send_day, {numbers - 1}), "
            "drawn_campaign) AS campaign"
        )
    salted = f"cityHash64(number, '{group.workspace_id}')"
    return f"SELECT {salted} AS hash, {drawn} FROM numbers({first}, {count}){bound}"


def _events(group: Group, messages: Messages, first: int, count: int) -> str:
    """What happened to the messages: the turn and its time."""
    draw = "bitAnd(bitShiftRight(hash, {}), 65535) / 65536."
    after, within = _words([turn.after * 1000 for turn in TURNS]), _words([turn.within * 1000 for turn in TURNS])
    user = _user(bits_of_audience(messages))
    return f"""
SELECT campaign, channel, send_day, user, turn, cityHash64(hash, turn) AS chance,
    {SPAN_START} + send_day * {_DAY} + (8 + campaign * 7 % 12) * 3600000 + hash % 3600000
        + {after}[turn] + toInt64({within}[turn] * pow(chance / 18446744073709551616., 4)) AS moment
FROM (
    SELECT campaign, campaign % {AMONG} AS channel, send_day, hash, {user} AS user,
        {draw.format(0)} AS r1, {draw.format(16)} AS r2
    FROM ({_messages(group, messages, first, count)})
)
ARRAY JOIN {_happened()} AS turn
WHERE moment < {_END}"""


def count_events(group: Group, messages: Messages) -> str:
    """Return SQL that counts the events of a group's messages by channel."""
    numbers = messages.most * (len(group.numbers) if group.exact else 1)
    return f"SELECT channel, count() FROM ({_events(group, messages, 0, numbers)}) GROUP BY channel"


def message_rows(group: Group, messages: Messages, first: int, count: int) -> str:
    """Return SQL for the rows of so many messages of a group."""
    exactly = f"LIMIT {group.events} BY campaign" if group.exact else ""
    return f"""
SELECT '{group.workspace_id}' AS workspace_id,
    concat('campaign-', leftPad(toString(campaign), 4, '0')) AS campaign_id,
    toDate(intDiv(moment, {_DAY})) AS day, {_words([turn.kind for turn in TURNS])}[turn] AS kind,
    multiIf(channel = 1, 'EMAIL', channel = 2, 'SMS',
        ['ANDROID', 'IOS', 'WEB'][1 + (user + (chance % 100 < 3)) % 3]) AS platform,
    {_words(LOCALES)}[1 + user % {len(LOCALES)}] AS locale,
    {_words(VARIATIONS)}[1 + (intDiv(user, 7) + campaign) % {len(VARIATIONS)}] AS variation,
    {_words([turn.detail for turn in TURNS])}[turn] AS detail, 0 AS machine,
    concat('user-', leftPad(toString(user), 10, '0')) AS user_id,
    fromUnixTimestamp64Milli(toInt64(moment), 'UTC') AS time,
    concat(send_id, '-', user_id, '-', {_words([turn.name for turn in TURNS])}[turn]) AS event_id,
    concat(campaign_id, '-', toString(20260101 + send_day)) AS send_id, '' AS device_id,
    if(kind = 'clicked', concat('https://shop.example/offer-', toString(chance % 5)), '') AS link,
    fromUnixTimestamp64Milli(toInt64((commit + 1) * {_COMMIT} + {SPAN_START}), 'UTC') AS received_at,
    {MOST_SENIOR} - commit AS seniority, 'native' AS source, '0123456789abcdef' AS key_id
FROM (
    SELECT *, toUInt64(intDiv(moment - {SPAN_START}, {_COMMIT}) + 1) AS commit
    FROM ({_events(group, messages, first, count)})
    {exactly}
)"""


def purchase_rows(group: Group, bits: int) -> str:
    """Return SQL for what the users of a group bought, whether a message had reached them or not."""
    return f"""
SELECT '{group.workspace_id}' AS workspace_id, 'purchase' AS name, toDate(intDiv(moment, {_DAY})) AS day,
    concat('user-', leftPad(toString(hash % {2**bits}), 10, '0')) AS user_id,
    fromUnixTimestamp64Milli(toInt64(moment), 'UTC') AS time,
    concat('order-', leftPad(toString(number), 9, '0')) AS event_id,
    'ANDROID' AS platform,
    concat('{{"amount": ', toString((100 + bitShiftRight(hash, 40) % 29900) / 100), ', "currency": "EUR", "items": 3}}')
        AS attributes,
    fromUnixTimestamp64Milli(toInt64((commit + 1) * {_COMMIT} + {SPAN_START}), 'UTC') AS received_at,
    {MOST_SENIOR} - commit AS seniority, 'native' AS source, '0123456789abcdef' AS key_id
FROM (
    SELECT number, cityHash64(number, '{group.workspace_id}', 'purchase') AS hash,
        {SPAN_START} + intDiv(number * {SPAN_DAYS * _DAY}, {group.purchases}) AS moment,
        toUInt64(intDiv(moment - {SPAN_START}, {_COMMIT}) + 1) AS commit
    FROM numbers({group.purchases})
)"""
