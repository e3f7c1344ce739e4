"""Message events as a sender would send them: whole courses of messages, each event with an id of its own."""

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from plan import CAMPAIGNS, LOCALES, SPAN_DAYS, SPAN_START, VARIATIONS, campaign_id, course_of

Json = dict[str, Any]

_DAY = 86_400_000
_USERS = 200_000


def message_events(prefix: str, random: Random) -> Iterator[Json]:
    """Yield native events without end, message by message. The prefix keeps the ids of runs apart."""
    number = 0
    while True:
        number += 1
        yield from _message(f"{prefix}-{number:07d}", random)


def _message(send_id: str, random: Random) -> Iterator[Json]:
    campaign = random.randrange(CAMPAIGNS)
    course = course_of(campaign)
    user = random.randrange(_USERS)
    time = SPAN_START + random.randrange(SPAN_DAYS * _DAY - 10_000_000)
    common = {
        "campaign_id": campaign_id(campaign),
        "user_id": f"user-{user:08d}",
        "platform": course.platforms[user % len(course.platforms)],
        "locale": LOCALES[user % len(LOCALES)],
        "variation": VARIATIONS[(user + campaign) % len(VARIATIONS)],
        "send_id": send_id,
    }
    for step in course.steps:
        if random.random() < step.share:
            time += random.randrange(1_000_000)
            yield {"event_id": f"{send_id}-{step.kind}", "kind": step.kind, "time": time, **common, **step.fields}


def bodies(count: int, size: int, prefix: str) -> list[bytes]:
    """Return `count` NDJSON bodies of `size` events each."""
    events = message_events(prefix, Random(prefix))
    encoder = msgspec.json.Encoder()
    return [encoder.encode_lines([next(events) for _ in range(size)]) for _ in range(count)]
