"""The words that histories are made of, spelled out once more: the product must not be asked about itself."""

SHARED_KINDS = ("targeted", "removed", "held_out", "attempted", "failed", "sent")
MESSAGE_KINDS = (*SHARED_KINDS, "delivered", "clicked")
TEXT_KINDS = (*MESSAGE_KINDS, "undelivered", "unsubscribed")
AUDIENCE_KINDS = (*SHARED_KINDS, "eligible", "synced")
PAGE_KINDS = (*MESSAGE_KINDS, "impression", "closed")

KINDS = {
    "PUSH": (*MESSAGE_KINDS, "addressed", "impression", "device_started", "undelivered"),
    "EMAIL": (*TEXT_KINDS, "bounced", "opened", "complained"),
    "SMS": TEXT_KINDS,
    "WHATSAPP": (*TEXT_KINDS, "read"),
    "RCS": (*TEXT_KINDS, "read"),
    "IN_APP": PAGE_KINDS,
    "ON_SITE": PAGE_KINDS,
    "CARDS": (*MESSAGE_KINDS, "impression"),
    "WEB_PERSONALIZATION": PAGE_KINDS,
    "CONNECTOR": MESSAGE_KINDS,
    "FACEBOOK_AUDIENCE": AUDIENCE_KINDS,
    "GOOGLE_ADS_AUDIENCE": AUDIENCE_KINDS,
}
"""The kinds of event that can happen on each channel."""

CHANNELS = tuple(KINDS)

PLATFORMS = {
    "PUSH": ("ANDROID", "IOS", "WEB", "MWEB", "UNKNOWN"),
    "IN_APP": ("ANDROID", "IOS", "WEB", "UNKNOWN"),
    "ON_SITE": ("WEB", "MWEB"),
    "WEB_PERSONALIZATION": ("WEB", "MWEB"),
}
"""The platforms of the channels that tell platforms apart."""

KINDS_WITH_REASONS = ("removed", "failed", "undelivered")

SHARED_REASONS = (
    "campaign_control_group",
    "global_control_group",
    "frequency_cap",
    "do_not_disturb",
    "minimum_delay",
    "campaign_minimum_delay",
    "campaign_frequency_limit",
    "suppressed",
    "content_not_reproducible",
    "personalization_failed",
)

PERSONALIZATION_REASONS = (
    "personalization_failed_user_attribute",
    "personalization_failed_event_attribute",
    "personalization_failed_campaign_attribute",
    "personalization_failed_undefined",
    "personalization_failed_unknown",
)

REASONS = {
    "PUSH": (
        "uninstalled",
        "no_device",
        "no_active_token",
        "duplicate_token",
        "timer_too_long",
        "timer_too_short",
        "not_registered",
    ),
    "EMAIL": ("no_email_address", "blocklisted", "invalid_email", "duplicate_email", *PERSONALIZATION_REASONS),
    "SMS": ("duplicate_mobile_number", "invalid_mobile_number", "in_transit"),
    "WHATSAPP": ("duplicate_mobile_number", "invalid_mobile_number", "not_opted_in"),
    "RCS": ("duplicate_mobile_number", "invalid_mobile_number", "in_transit"),
    "IN_APP": ("screen_mismatch", "global_delay"),
    "ON_SITE": ("website_closed", "global_delay"),
    "CONNECTOR": ("http_503", *PERSONALIZATION_REASONS),
    "FACEBOOK_AUDIENCE": ("access_error",),
    "GOOGLE_ADS_AUDIENCE": ("access_error",),
}
"""Names in the catalogue of reasons. On a channel that does not know them they are words like any other."""

UNKNOWN_REASONS = ("lost_at_sea", "provider_said_no", "e77")

ZONES = {
    "Europe/Berlin": ("2026-03-29", "2026-10-25"),
    "America/New_York": ("2026-03-08", "2026-11-01"),
    "Australia/Lord_Howe": ("2026-04-05", "2026-10-04"),  # the clock moves by half an hour
    "America/St_Johns": ("2026-03-08", "2026-11-01", "2009-03-08", "2009-11-01"),  # in 2009 at a minute past midnight
    "Africa/Cairo": ("2026-04-24", "2026-10-29"),  # one midnight is skipped, one hour before midnight comes twice
    "America/Sao_Paulo": ("2018-11-04", "2018-02-17"),
    "Pacific/Apia": ("2011-12-30",),  # a day that never was
    "Asia/Kathmandu": ("2026-01-01", "2024-02-29"),
    "Asia/Kolkata": ("2026-03-01",),
    "UTC": ("2026-01-01",),
}
"""Zones, each with days on which counting by day is hard."""

CAMPAIGN_IDS = (
    "66e933029ff25f3322d8279d",
    "c1",
    "C1",
    "spring-26",
    "Frühling",
    "50%-off",
    "o'clock",
    'say"hi"',
    "a\\b",
)
USERS = ("ann", "Ann", "bob", "o'neil", "zoë", "user 7", "7", "07", "back\\slash", 'quo"ted', "名前", "ann ")
LOCALES = ("default", "en", "de-DE", "日本語", "it's")
VARIATIONS = ("variation_1", "variation_2", "B", "it's")
