"""The channel table: the platforms of each channel, and where an event goes that names none."""

import pytest

from aftersend.domain.channels import CHANNELS, REAL_PLATFORMS, Channel

WITH_PLATFORMS = {
    Channel.PUSH: ("ANDROID", "IOS", "WEB", "MWEB", "UNKNOWN"),
    Channel.IN_APP: ("ANDROID", "IOS", "WEB", "UNKNOWN"),
    Channel.ON_SITE: ("WEB", "MWEB"),
    Channel.WEB_PERSONALIZATION: ("WEB", "MWEB"),
}


@pytest.mark.parametrize("channel", Channel)
def test_the_platforms_of_a_channel(channel: Channel) -> None:
    """A channel has its real platforms in order, or one pseudo-platform with its own name."""
    assert CHANNELS[channel].platforms == WITH_PLATFORMS.get(channel, (channel.value,))


@pytest.mark.parametrize("channel", Channel)
def test_where_an_event_goes_that_names_no_platform(channel: Channel) -> None:
    """Push knows UNKNOWN and a channel with one platform that one; elsewhere the event must say."""
    expected = {Channel.PUSH: "UNKNOWN"} | dict.fromkeys(WITH_PLATFORMS.keys() - {Channel.PUSH}, None)

    assert CHANNELS[channel].unnamed_platform == expected.get(channel, channel.value)


@pytest.mark.parametrize("channel", Channel)
def test_every_row_is_under_its_channel(channel: Channel) -> None:
    """A row is found under its own channel, and says what the channel is."""
    assert CHANNELS[channel].channel is channel
    assert CHANNELS[channel].meaning


def test_pseudo_platforms_are_not_real_ones() -> None:
    """No channel is called like a real platform, so the two cannot be mixed up in an answer."""
    assert not set(REAL_PLATFORMS) & set(Channel)
