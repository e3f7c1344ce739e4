"""The two spellings of an answer."""

import pytest

from aftersend.domain.channels import REAL_PLATFORMS, Channel
from aftersend.domain.metrics import METRICS
from aftersend.domain.profiles import PROFILES, Profile, ProfileName

DOCUMENTED = PROFILES[ProfileName.DOCUMENTED]
LIVE = PROFILES[ProfileName.LIVE]


def test_every_name_has_its_profile() -> None:
    """A profile is found under its own name."""
    assert {name: profile.name for name, profile in PROFILES.items()} == {name: name for name in ProfileName}


def test_the_documented_profile() -> None:
    """It spells as the documented sample does: no node over all platforms, plural locales, no bare group."""
    assert (DOCUMENTED.all_platforms, DOCUMENTED.all_locales) == (None, "all_locales")
    assert (DOCUMENTED.bare_control_group, DOCUMENTED.goal_name_twice) == (False, False)


def test_the_live_profile() -> None:
    """It spells as production does: a node over all platforms, singular locale, a bare group."""
    assert (LIVE.all_platforms, LIVE.all_locales) == ("ALL_PLATFORMS", "all_locale")
    assert (LIVE.bare_control_group, LIVE.goal_name_twice) == (True, True)


@pytest.mark.parametrize("platform", REAL_PLATFORMS)
def test_real_platforms(platform: str) -> None:
    """A real platform is in lower case when documented, in upper case when live."""
    assert (DOCUMENTED.platform_key(platform), LIVE.platform_key(platform)) == (platform.lower(), platform)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=list(PROFILES))
@pytest.mark.parametrize("channel", Channel)
def test_pseudo_platforms(channel: Channel, profile: Profile) -> None:
    """A channel without platforms stands under the name that clients have for it, in both profiles."""
    named = {Channel.CONNECTOR: "CONNECTORS", Channel.FACEBOOK_AUDIENCE: "FACEBOOK"}
    named[Channel.GOOGLE_ADS_AUDIENCE] = "GOOGLE ADS"
    assert profile.platform_key(channel.value) == named.get(channel, channel.value)


def test_keys_of_metrics() -> None:
    """Each profile prints a metric under its own spelling, or not at all."""
    assert [DOCUMENTED.metric_key(metric) for metric in METRICS] == [metric.key for metric in METRICS]
    assert [LIVE.metric_key(metric) for metric in METRICS] == [metric.live_key for metric in METRICS]
