"""The two spellings of an answer. A profile is a table, never a code path.

`documented` spells keys as the documented sample does; `live` as integrations see them in production.
"""

from dataclasses import dataclass
from enum import StrEnum

from aftersend.domain.channels import CLIENT_NAMES, REAL_PLATFORMS, Channel
from aftersend.domain.metrics import Metric


class ProfileName(StrEnum):
    """The profiles a workspace can have, or a request can ask for with `X-Stats-Profile`."""

    DOCUMENTED = "documented"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Profile:
    """How one profile spells what the model knows by one name.

    `all_platforms` is the key of the node over all platforms, or None where there is none.
    `bare_control_group` adds the empty `control_group` node that production answers carry.
    """

    name: ProfileName
    lower_case_platforms: bool
    all_platforms: str | None
    all_locales: str
    bare_control_group: bool
    goal_name_twice: bool

    def platform_key(self, platform: str) -> str:
        """Spell a platform; where a channel stands for it, as clients spell the channel."""
        if platform in REAL_PLATFORMS:
            return platform.lower() if self.lower_case_platforms else platform
        return CLIENT_NAMES[Channel(platform)]

    def metric_key(self, metric: Metric) -> str | None:
        """Spell a metric, or None when this profile does not print it."""
        return metric.live_key if self.name is ProfileName.LIVE else metric.key


ALL_VARIATIONS = "all_variations"
BARE_CONTROL_GROUP = "control_group"

PROFILES: dict[ProfileName, Profile] = {
    row.name: row
    for row in (
        Profile(
            ProfileName.DOCUMENTED,
            lower_case_platforms=True,
            all_platforms=None,
            all_locales="all_locales",
            bare_control_group=False,
            goal_name_twice=False,
        ),
        Profile(
            ProfileName.LIVE,
            lower_case_platforms=False,
            all_platforms="ALL_PLATFORMS",
            all_locales="all_locale",
            bare_control_group=True,
            goal_name_twice=True,
        ),
    )
}
