"""How fast the event stream is taken in, beside native events of the same facts through the native door."""

import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from plan import CAMPAIGNS, SPAN_START
from sending import Call, send
from serving import Key, Served, create_workspace, serving

Json = dict[str, Any]

_CONNECTIONS = 8
_USERS = 5_000
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class StreamShape:
    """Events in a request, and how many requests each door gets."""

    size: int
    requests: int


SHAPES = (StreamShape(100, 600), StreamShape(1_000, 120))
QUICK_SHAPES = (StreamShape(100, 100), StreamShape(1_000, 20))

HEAD = ["events a request", "stream, events/s", "native, events/s", "ratio", "range", "stream, CPU", "native, CPU"]


def measure(repeats: int, *, quick: bool) -> Iterator[list[str]]:
    """Measure every shape, both doors by turns on one server, and yield the rows of the table."""
    for shape in QUICK_SHAPES if quick else SHAPES:
        with TemporaryDirectory(prefix="aftersend-bench-", ignore_cleanup_errors=True) as folder:
            keys = [create_workspace(Path(folder), name) for name in ("stream", "native")]
            with serving(Path(folder)) as served:
                runs = [_run(served, keys, shape, run) for run in range(repeats)]
        ratios = sorted(stream[0] / native[0] for stream, native in runs)
        middle = [[statistics.median(run[side][part] for run in runs) for part in (0, 1)] for side in (0, 1)]
        yield [
            f"{shape.size:,}",
            *(f"{side[0]:,.0f}" for side in middle),
            f"{statistics.median(ratios):.2f}",
            f"{ratios[0]:.2f}–{ratios[-1]:.2f}",
            *(f"{side[1] * 1e6:,.1f} µs" for side in middle),
        ]


def _run(served: Served, keys: list[Key], shape: StreamShape, run: int) -> list[tuple[float, float]]:
    """Return of both doors the events a second and the seconds of processor time an event."""
    found = []
    for key, path, make in zip(keys, _PATHS, (_stream_body, _native_body), strict=True):
        headers = {"authorization": key.authorization, "content-type": "application/json"}
        calls = [Call(path, headers, body) for body in _bodies(make, shape, run)]
        warm_up = max(shape.requests // 20, 1)
        send(served.url, calls[:warm_up], _CONNECTIONS)
        busy = served.processor_seconds()
        answers = send(served.url, calls[warm_up:], _CONNECTIONS)
        busy = served.processor_seconds() - busy
        accepted = sum(msgspec.json.decode(body)["accepted"] for body in answers.bodies)
        if accepted != len(answers.bodies) * shape.size:
            raise RuntimeError(f"{path} took in {accepted:,} of {len(answers.bodies) * shape.size:,} events")
        found.append((accepted / answers.elapsed, busy / accepted))
    return found


_PATHS = ("/v1/sources/moengage-streams", "/v1/message-events")


def _bodies(make: Callable[[str, range], bytes], shape: StreamShape, run: int) -> Iterator[bytes]:
    for request in range(shape.requests):
        yield make(f"r{run}", range(request * shape.size, (request + 1) * shape.size))


def _native_body(prefix: str, numbers: range) -> bytes:
    return _ENCODER.encode(
        [
            {
                "event_id": f"{prefix}-{number}",
                "kind": "opened",
                "campaign_id": _campaign(number),
                "user_id": f"5e3b{number % _USERS}",
                "time": SPAN_START + number % 3_600_000,
                "locale": "default",
                "variation": "variation_1",
                "device_id": f"aa11{number % _USERS}",
                "channel": "EMAIL",
            }
            for number in numbers
        ]
    )


def _stream_body(prefix: str, numbers: range) -> bytes:
    events = [_stream_event(f"{prefix}-{number}", number) for number in numbers]
    return _ENCODER.encode({"app_name": "Bench", "source": "MOENGAGE", "moe_request_id": prefix, "events": events})


def _stream_event(event_id: str, number: int) -> Json:
    return {
        "event_name": "Email Opened",
        "event_code": "MOE_EMAIL_OPEN",
        "event_uuid": event_id,
        "event_time": (SPAN_START + number % 3_600_000) // 1000,
        "event_type": "CAMPAIGN_EVENT",
        "event_source": "MOENGAGE",
        "email_id": f"u{number % _USERS}@example.com",
        "uid": f"u-{number % _USERS}",
        "event_attributes": {
            "campaign_id": _campaign(number),
            "campaign_name": "Promo",
            "campaign_type": "General",
            "campaign_channel": "Email",
            "variation_id": "1",
            "locale_name": "Default",
        },
        "user_attributes": {"moengage_user_id": f"5e3b{number % _USERS}"},
        "device_attributes": {"moengage_device_id": f"aa11{number % _USERS}"},
    }


def _campaign(number: int) -> str:
    return f"66e933029ff25f3322d827{number % CAMPAIGNS:02x}"
