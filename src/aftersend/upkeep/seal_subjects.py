"""Which campaigns may be sealed: those with many events, by themselves or in their families."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from aftersend.domain.campaigns import Campaign
from aftersend.domain.profiles import PROFILES
from aftersend.domain.workspaces import Workspace
from aftersend.registry.campaigns import Campaigns
from aftersend.registry.registry import Registry
from aftersend.store.seal_layout import Layout
from aftersend.store.seals import Seal
from aftersend.store.touched import Touched


@dataclass(frozen=True, slots=True)
class Subject:
    """A campaign that may be sealed, with its family."""

    workspace: Workspace
    campaign: Campaign
    members: tuple[str, ...]

    @property
    def key(self) -> tuple[str, str]:
        """Return what its seal is known by."""
        return self.workspace.id, self.campaign.id

    @property
    def layout(self) -> Layout:
        """Return the numbers of a seal in which nothing is counted yet."""
        over_platforms = PROFILES[self.workspace.profile].all_platforms is not None
        return Layout(self.campaign.channel, over_platforms).extended(())

    def fits(self, seal: Seal) -> bool:
        """Return whether a seal is of what the campaign is now, and has all that the catalogue asks for."""
        layout = self.layout
        mine = self.members, layout.channel, layout.over_platforms
        return mine == (seal.members, seal.channel, seal.over_platforms) and set(layout.measures) <= set(seal.measures)


def subjects(
    registry: Registry, touched: Touched, least_events: int, workspace_id: str | None = None
) -> Iterator[Subject]:
    """Yield the campaigns with so many events, the largest of a workspace first; of one workspace or of all."""
    of_workspaces: dict[str, dict[str, int]] = {}
    for owner, campaign_id, number in touched.campaigns(1):
        of_workspaces.setdefault(owner, {})[campaign_id] = number
    for workspace in registry.workspaces.all():
        own = of_workspaces.get(workspace.id, {}) if workspace_id in (None, workspace.id) else {}
        if not own or sum(own.values()) < least_events:
            continue  # no family has more than all of them
        known = _with_ancestors(registry.campaigns, workspace.id, own)
        events = _with_children(known, own)
        large = [one for one in sorted(events, key=lambda one: -events[one]) if events[one] >= least_events]
        families = registry.campaigns.families(workspace.id, large)
        for campaign_id in large:
            yield Subject(workspace, known[campaign_id], families.get(campaign_id, (campaign_id,)))


def _with_ancestors(campaigns: Campaigns, workspace_id: str, own: Mapping[str, int]) -> dict[str, Campaign]:
    """The registered ones of some campaigns, with their parents, and theirs."""
    known: dict[str, Campaign] = {}
    wanted = set(own)
    while wanted:
        found = campaigns.find(workspace_id, wanted)
        known |= found
        wanted = {one.parent_campaign_id for one in found.values() if one.parent_campaign_id} - set(known)
    return known


def _with_children(known: Mapping[str, Campaign], own: Mapping[str, int]) -> dict[str, int]:
    """How many events each campaign has, with those of whoever names it as a parent, however far above."""
    events: dict[str, int] = {}
    for campaign_id, number in own.items():
        above: str | None = campaign_id
        passed: set[str] = set()
        while above is not None and above in known and above not in passed:
            events[above] = events.get(above, 0) + number
            passed.add(above)
            above = known[above].parent_campaign_id
    return events
