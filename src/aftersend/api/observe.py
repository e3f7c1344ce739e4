"""The server's own counters, in the form that Prometheus reads."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from aftersend.domain.events import Receipt, Stream
from aftersend.domain.sources import EventSource, SourceReceipt


class Observations:
    """Counts requests, events and commits of one server."""

    def __init__(self, events: Callable[[], tuple[int, int]], seals: Callable[[], tuple[int, int]]) -> None:
        """Be told what stands now.

        `events` tells how many are not durable yet, and how many are and wait to go into the tables; `seals` how many
        there are, and how many campaigns wait for one or for its next events.
        """
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "aftersend_http_requests_total",
            "Requests answered.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self._seconds = Histogram(
            "aftersend_http_request_seconds",
            "Seconds from the first byte of a request to the last of its answer.",
            ["route"],
            registry=self._registry,
        )
        self._events = Counter(
            "aftersend_events_total",
            "Events received, by what became of them.",
            ["stream", "outcome"],
            registry=self._registry,
        )
        self._rejections = Counter(
            "aftersend_rejections_total", "Events turned away, by why.", ["stream", "code"], registry=self._registry
        )
        self._of_sources = Counter(
            "aftersend_source_events_total",
            "Events of other sources; accepted and duplicate are of the ledger, of which one can become several.",
            ["source", "outcome"],
            registry=self._registry,
        )
        self._dropped = Counter(
            "aftersend_set_aside_dropped_total",
            "Events of other sources that were set aside and had to make room for newer ones.",
            ["source"],
            registry=self._registry,
        )
        self._commits = Counter("aftersend_commits_total", "Commits to the ledger.", registry=self._registry)
        self._group = Histogram(
            "aftersend_commit_events",
            "Events in one commit.",
            buckets=(1, 10, 100, 1_000, 10_000, 100_000),
            registry=self._registry,
        )
        self._tell_waiting(events)
        self._tell_seals(seals)

    def _tell_waiting(self, events: Callable[[], tuple[int, int]]) -> None:
        waiting = Gauge("aftersend_waiting_events", "Events that are not durable yet.", registry=self._registry)
        waiting.set_function(lambda: events()[0])
        pending = Gauge(
            "aftersend_pending_events",
            "Events that are durable in the journal, and not in the tables yet.",
            registry=self._registry,
        )
        pending.set_function(lambda: events()[1])

    def _tell_seals(self, seals: Callable[[], tuple[int, int]]) -> None:
        sealed = Gauge("aftersend_seals", "Campaigns whose counts are sealed.", registry=self._registry)
        sealed.set_function(lambda: seals()[0])
        behind = Gauge(
            "aftersend_seals_behind", "Campaigns that wait to be sealed, or sealed again.", registry=self._registry
        )
        behind.set_function(lambda: seals()[1])

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an answered request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def receipt(self, stream: Stream, receipt: Receipt) -> None:
        """Count what became of a batch."""
        self._events.labels(stream, "accepted").inc(receipt.accepted)
        self._events.labels(stream, "duplicate").inc(receipt.duplicates)
        self._events.labels(stream, "rejected").inc(len(receipt.rejected))
        for row in receipt.rejected:
            self._rejections.labels(stream, row.rejection.code).inc()

    def source(self, source: EventSource, receipt: SourceReceipt, dropped: int) -> None:
        """Count what became of a batch of another source."""
        outcomes = {
            "accepted": receipt.accepted,
            "duplicate": receipt.duplicates,
            "recognised": receipt.recognised,
            "unknown_code": receipt.unknown,
            "rejected": len(receipt.rejected),
        }
        for outcome, number in outcomes.items():
            self._of_sources.labels(source, outcome).inc(number)
        self._dropped.labels(source).inc(dropped)

    def commit(self, _batches: int, events: int) -> None:
        """Count a commit."""
        self._commits.inc()
        self._group.observe(events)

    def text(self) -> bytes:
        """Return all counters in the Prometheus text format."""
        return generate_latest(self._registry)
