"""What the routes work with: every part they need, put together by `app`."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from aftersend.api.limits import CallLimits
from aftersend.api.observe import Observations
from aftersend.api.room import Room
from aftersend.domain.data_centers import Serving
from aftersend.intake.assign import Assigner
from aftersend.intake.receive import Intake
from aftersend.intake.sources.door import SourceDoor
from aftersend.registry.registry import Registry
from aftersend.reports.reporter import Reporter
from aftersend.stats.answer import Stats
from aftersend.stats.audit import Audit
from aftersend.stats.campaign_details import CampaignFinder
from aftersend.stats.uplift import Uplift
from aftersend.upkeep.key_uses import KeyUses
from aftersend.upkeep.remover import Remover
from aftersend.upkeep.sealer import Sealer
from aftersend.upkeep.snapshots import Snapshots


@dataclass(frozen=True, slots=True)
class Services:
    """The parts that routes call.

    `operator_token` opens every workspace; it is known only to who can read the data folder. `problem` says
    why the server is not ready, or nothing when it is.
    """

    registry: Registry
    intake: Intake
    sources: SourceDoor
    assigner: Assigner
    stats: Stats
    uplift: Uplift
    finder: CampaignFinder
    audit: Audit
    remover: Remover
    sealer: Sealer
    key_uses: KeyUses
    reporter: Reporter
    report_content_type: str
    snapshots: Snapshots
    limits: CallLimits
    room: Room
    observations: Observations
    operator_token: str
    serving: Serving
    now: Callable[[], datetime]
    problem: Callable[[], str | None]
