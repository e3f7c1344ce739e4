"""The spellings of the event stream."""

from datetime import UTC, datetime

import pytest

from aftersend.domain.campaigns import DeliveryType as D
from aftersend.domain.channels import Channel as C
from aftersend.domain.stream_words import (
    SplitId,
    channel_named,
    delivery_named,
    locale_named,
    milliseconds,
    platform_named,
    platform_on,
    reason_word,
    split_id,
    variation_name,
)

NOON = 1_767_268_800_000


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        (C.PUSH, "Push|PUSH|push|General Push"),
        (C.EMAIL, "EMAIL|Email|email|E-mail"),
        (C.SMS, "SMS|sms|MMS"),
        (C.WHATSAPP, "WHATSAPP|WhatsApp|whatsapp"),
        (C.RCS, "RCS|rcs"),
        (C.IN_APP, "IN_APP|In-App|in app|INAPP|Mobile In-App"),
        (C.ON_SITE, "ON_SITE|On-site Messaging|OSM|onsite|Onsite Message"),
        (C.CARDS, "CARDS|Cards|card"),
        (C.WEB_PERSONALIZATION, "WEB_PERSONALIZATION|Web Personalization|web personalisation|webp"),
        (C.CONNECTOR, "CONNECTOR|Connectors|connector|Webhook"),
        (C.FACEBOOK_AUDIENCE, "FACEBOOK_AUDIENCE|Facebook Audience|facebook"),
        (C.GOOGLE_ADS_AUDIENCE, "GOOGLE_ADS_AUDIENCE|Google Ads Audience|google ads"),
    ],
)
def test_channels(channel: C, words: str) -> None:
    """A channel is known in every spelling, and the first word that is known counts."""
    assert {channel_named(word) for word in words.split("|")} == {channel}
    assert channel_named("", "pigeon", words.split("|", maxsplit=1)[0], "Email") is channel
    assert channel_named("pigeon") is None


@pytest.mark.parametrize(
    ("delivery", "words"),
    [
        (D.ONE_TIME, "One Time|One-time|one_time|ONE_TIME|General|GENERAL|General Push Campaign"),
        (D.PERIODIC, "Periodic|PERIODIC|periodic"),
        (D.EVENT_TRIGGERED, "Event Trigger|EVENT_TRIGGERED|event triggered|SMART_TRIGGER|Smart Trigger"),
        (D.BUSINESS_EVENT_TRIGGERED, "Business Event|Business Event Triggered|BUSINESS_EVENT_TRIGGERED"),
        (D.DEVICE_TRIGGERED, "Device Trigger|device_triggered"),
        (D.LOCATION_TRIGGERED, "Location Trigger|Location Triggered|Geofence"),
        (D.API_TRIGGERED, "API Triggered|api_triggered|API Trigger"),
        (D.BROADCAST_LIVE_ACTIVITY, "Broadcast Live Activity|BROADCAST_LIVE_ACTIVITY"),
    ],
)
def test_delivery_types(delivery: D, words: str) -> None:
    """A delivery type is known in every spelling."""
    assert {delivery_named(word) for word in words.split("|")} == {delivery}
    assert delivery_named("Active") is None


@pytest.mark.parametrize(
    ("platform", "words"),
    [
        ("ANDROID", "Android|ANDROID|android"),
        ("IOS", "iOS|IOS|ios|iPadOS|iPhone OS"),
        ("WEB", "Web|WEB|web"),
        ("MWEB", "MWeb|mweb|MWEB|Mobile Web"),
        ("UNKNOWN", "Windows|windows|TV|tv"),
    ],
)
def test_platforms(platform: str, words: str) -> None:
    """A platform is known in every spelling; those without a key of their own are UNKNOWN."""
    assert {platform_named(word) for word in words.split("|")} == {platform}
    assert platform_named("", "Symbian") is None


@pytest.mark.parametrize(
    ("channel", "of_code", "given", "expected"),
    [
        (C.PUSH, "ANDROID", None, "ANDROID"),
        (C.PUSH, "ANDROID", "IOS", "IOS"),
        (C.PUSH, "WEB", None, "WEB"),
        (C.PUSH, "WEB", "MWEB", "MWEB"),
        (C.PUSH, "WEB", "ANDROID", "WEB"),
        (C.PUSH, "UNKNOWN", None, "UNKNOWN"),
        (C.PUSH, "ANDROID", "UNKNOWN", "UNKNOWN"),
        (C.PUSH, None, None, "UNKNOWN"),
        (C.IN_APP, "ANDROID", "MWEB", "WEB"),
        (C.IN_APP, "ANDROID", "UNKNOWN", "UNKNOWN"),
        (C.IN_APP, None, None, "UNKNOWN"),
        (C.ON_SITE, "ANDROID", "WEB", "WEB"),
        (C.ON_SITE, "ANDROID", "MWEB", "MWEB"),
        (C.ON_SITE, "WEB", "UNKNOWN", "WEB"),
        (C.WEB_PERSONALIZATION, "WEB", "IOS", "WEB"),
        (C.EMAIL, None, "IOS", None),
    ],
)
def test_where_it_happened(channel: C, of_code: str | None, given: str | None, expected: str | None) -> None:
    """The event's word wins where the channel has that platform; a code of the web stays on the web."""
    assert platform_on(channel, of_code, given) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("66e933029ff25f3322d8279d", SplitId("66e933029ff25f3322d8279d")),
        ("66e933029ff25f3322d8279d_F_T_GP_AB_1_P_0_L_0", SplitId("66e933029ff25f3322d8279d", "1", "0")),
        ("66e933029ff25f3322d8279d_L_0", SplitId("66e933029ff25f3322d8279d", None, "0")),
        ("66e933029ff25f3322d8279d_whatever", SplitId("66e933029ff25f3322d8279d")),
        ("42_F_T_GP_AB_2_P_0_L_3", SplitId("42", "2", "3")),
        ("promo_L_1", SplitId("promo", None, "1")),
        ("spring_sale_2026", SplitId("spring_sale_2026")),
        ("promo_UK", SplitId("promo_UK")),
        ("", SplitId("")),
    ],
)
def test_ids_with_suffixes(text: str, expected: SplitId) -> None:
    """A suffix is taken off, and says variation and locale; ids of others keep their underscores."""
    assert split_id(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1", "variation_1"),
        ("12", "variation_12"),
        ("variation_2", "variation_2"),
        ("Variation 3", "variation_3"),
        ("Blue", "Blue"),
        ("", None),
    ],
)
def test_variations(text: str, expected: str | None) -> None:
    """A number is a variation of that number, and so are its longer spellings."""
    assert variation_name(text) == expected


@pytest.mark.parametrize(
    ("name", "number", "expected"),
    [
        ("Default", "", "default"),
        ("default", "0", "default"),
        ("", "0", "default"),
        ("Spanish", "2", "Spanish"),
        ("", "2", "2"),
        ("", "", None),
    ],
)
def test_locales(name: str, number: str, expected: str | None) -> None:
    """The name says which locale it is; number 0 is the default one."""
    assert locale_named(name, number) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("Not Registered", "501", "Sending errors"), "Not Registered"),
        (("A new error", "501", "Sending errors"), "A new error"),
        (("Some text", "201", "Campaign controls"), "201"),
        (("Some text", "999", ""), "Some text"),
        (("", "202", "Campaign controls"), "202"),
        (("", "", "Reachability"), "Reachability"),
        (("", "", ""), None),
    ],
)
def test_the_reason_that_says_most(words: tuple[str, str, str], expected: str | None) -> None:
    """A code of the catalogue says more than a text that is not in it; push services speak for themselves."""
    assert reason_word(C.PUSH, *words) == expected


@pytest.mark.parametrize(
    "value",
    [
        NOON // 1000,
        NOON,
        NOON / 1000,
        str(NOON // 1000),
        str(NOON),
        f"{NOON / 1000}",
        "2026-01-01T12:00:00Z",
        "2026-01-01T13:00:00+01:00",
        "2026-01-01T12:00:00",
        "2026-01-01 12:00:00",
        " 2026-01-01T12:00:00.000Z ",
    ],
)
def test_times(value: object) -> None:
    """Seconds, milliseconds and ISO 8601 are all times; one without a zone is UTC."""
    assert milliseconds(value) == NOON


def test_parts_of_a_second_are_kept() -> None:
    """A time is as exact as it was given, to the millisecond, and the last one of a day stays on it."""
    assert milliseconds(NOON / 1000 + 0.25) == NOON + 250
    assert milliseconds("2026-01-01T23:59:59.999999Z") == NOON + 43_199_999
    assert milliseconds(datetime(2026, 1, 1, 12, tzinfo=UTC)) == NOON


@pytest.mark.parametrize("value", [None, "", "yesterday", True, [], {}, float("nan"), float("inf"), "1e400", "9" * 30])
def test_what_is_no_time(value: object) -> None:
    """Anything else is no time."""
    assert milliseconds(value) is None
