"""The channel table: what a campaign can go out on, and the platforms each channel tells apart.

A channel without real platforms has one pseudo-platform with its own name, so that every count
sits at the same depth of the answer.
"""

from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    """The twelve channels, spelled as in requests, events and answers."""

    PUSH = "PUSH"
    EMAIL = "EMAIL"
    SMS = "SMS"
    WHATSAPP = "WHATSAPP"
    RCS = "RCS"
    IN_APP = "IN_APP"
    ON_SITE = "ON_SITE"
    CARDS = "CARDS"
    WEB_PERSONALIZATION = "WEB_PERSONALIZATION"
    CONNECTOR = "CONNECTOR"
    FACEBOOK_AUDIENCE = "FACEBOOK_AUDIENCE"
    GOOGLE_ADS_AUDIENCE = "GOOGLE_ADS_AUDIENCE"


CLIENT_NAMES: dict[Channel, str] = {channel: channel.value for channel in Channel} | {
    Channel.FACEBOOK_AUDIENCE: "FACEBOOK",
    Channel.GOOGLE_ADS_AUDIENCE: "GOOGLE ADS",
    Channel.CONNECTOR: "CONNECTORS",
}
"""How clients of the original API spell the channels, also where one stands for the platform of its messages."""

REAL_PLATFORMS = ("ANDROID", "IOS", "WEB", "MWEB", "UNKNOWN")


@dataclass(frozen=True, slots=True)
class ChannelFacts:
    """One row of the channel table.

    `platforms` is in the order answers print them. `unnamed_platform` is where an event goes
    that does not say its platform; without one such an event is rejected, unless the campaign
    has exactly one platform.
    """

    channel: Channel
    platforms: tuple[str, ...]
    unnamed_platform: str | None
    meaning: str


def _single(channel: Channel, meaning: str) -> ChannelFacts:
    return ChannelFacts(channel, (channel.value,), channel.value, meaning)


CHANNELS: dict[Channel, ChannelFacts] = {
    row.channel: row
    for row in (
        ChannelFacts(Channel.PUSH, REAL_PLATFORMS, "UNKNOWN", "notifications to devices and browsers"),
        _single(Channel.EMAIL, "e-mail"),
        _single(Channel.SMS, "text messages, MMS included"),
        _single(Channel.WHATSAPP, "WhatsApp messages"),
        _single(Channel.RCS, "RCS messages, their SMS fallback included"),
        ChannelFacts(
            Channel.IN_APP,
            ("ANDROID", "IOS", "WEB", "UNKNOWN"),
            None,
            "messages shown inside an app while it is in use",
        ),
        ChannelFacts(Channel.ON_SITE, ("WEB", "MWEB"), None, "messages shown on a web site"),
        _single(Channel.CARDS, "cards in an inbox inside an app or site"),
        ChannelFacts(Channel.WEB_PERSONALIZATION, ("WEB", "MWEB"), None, "changed content of a web page"),
        _single(Channel.CONNECTOR, "calls to a system of the customer's own (web hooks)"),
        _single(Channel.FACEBOOK_AUDIENCE, "users added to a Facebook ad audience"),
        _single(Channel.GOOGLE_ADS_AUDIENCE, "users added to a Google Ads audience"),
    )
}
