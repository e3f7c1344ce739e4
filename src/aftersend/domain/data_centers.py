"""Data centers: where workspaces belong, and which of them a server serves."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class DataCenter:
    """A data center of the original API; a region that was never published is empty."""

    id: str
    region: str
    api_host: str
    dashboard_host: str | None


ROWS: tuple[DataCenter, ...] = (
    DataCenter("01", "US", "api-01.moengage.com", "dashboard-01.moengage.com"),
    DataCenter("02", "Europe", "api-02.moengage.com", "dashboard-02.moengage.com"),
    DataCenter("03", "India", "api-03.moengage.com", "dashboard-03.moengage.com"),
    DataCenter("04", "US", "api-04.moengage.com", "dashboard-04.moengage.com"),
    DataCenter("05", "Singapore", "api-05.moengage.com", "dashboard-05.moengage.com"),
    DataCenter("06", "Indonesia", "api-06.moengage.com", "dashboard-06.moengage.com"),
    DataCenter("101", "", "api-101.moengage.com", None),
)

DATA_CENTERS = tuple(row.id for row in ROWS)


@dataclass(frozen=True, slots=True)
class Serving:
    """Which data centers a server serves, and the hosts of its own installation that serve each."""

    served: frozenset[str] = frozenset(DATA_CENTERS)
    hosts: Mapping[str, str] = field(default_factory=dict)

    def advice(self, data_center: str) -> str:
        """Return what to tell a client whose workspace belongs elsewhere."""
        host = self.hosts.get(data_center)
        # Never the original's host: a key of this installation is nobody else's business.
        where = f"send this to {host}" if host else "send this to the server of that data center"
        return f"The workspace belongs to data center {data_center}, which is not served here; {where}."
