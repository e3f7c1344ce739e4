"""The tables of the oracle: what each channel counts, and how an answer spells it."""

Funnel = dict[str, str | tuple[str, ...]]

CHANNELS_WITH_PLATFORMS = ("PUSH", "IN_APP", "ON_SITE", "WEB_PERSONALIZATION")
"""Every other channel has one pseudo-platform, which is called like the channel."""

CONTROL_GROUP_KEYS = {
    # "campaing" is how clients know the word: the contract is misspelt, and so it stays.
    "campaign": "user_removed_due_to_campaing_control_group",
    "global": "user_removed_due_to_global_control_group",
}

PERSONALIZATION_REASONS = (
    "personalization_failed",
    "personalization_failed_user_attribute",
    "personalization_failed_event_attribute",
    "personalization_failed_campaign_attribute",
    "personalization_failed_undefined",
    "personalization_failed_unknown",
)

TEXT_FUNNEL: Funnel = {
    "reachable_users_in_segment": "targeted",
    "after_fc": ("frequency_cap",),
    "users_after_dup": ("duplicate_mobile_number",),
    "sent": "sent",
    "delivered": "delivered",
}
SHOWN_FUNNEL: Funnel = {"impressions": "impression"}

FUNNELS: dict[str, Funnel] = {
    "PUSH": {
        "reachable_users_in_segment": "targeted",
        "segment_after_uninstall": ("uninstalled",),
        "after_fc": ("frequency_cap",),
        "users_after_dup": ("duplicate_token",),
        "user_devices": "addressed",
        "active_device_token": "attempted",
        "sent": "sent",
        "impressions": "impression",
    },
    "EMAIL": {
        "total_user_in_segment": "targeted",
        "user_with_email": ("no_email_address",),
        "user_with_email_after__h_b": ("blocklisted",),
        "after_invalid_removal": ("invalid_email",),
        "user_after_duplicate_removal": ("duplicate_email",),
        "after_fc": ("frequency_cap",),
        "after_personalization_removal": PERSONALIZATION_REASONS,
        "sent": "sent",
        "delivered": "delivered",
    },
    "SMS": TEXT_FUNNEL,
    "RCS": TEXT_FUNNEL,
    "WHATSAPP": TEXT_FUNNEL,
    "CONNECTOR": {
        "total_user_in_segment": "targeted",
        "after_fc": ("frequency_cap",),
        "after_personalization_removal": PERSONALIZATION_REASONS,
        "sent": "sent",
    },
    "IN_APP": SHOWN_FUNNEL,
    "ON_SITE": SHOWN_FUNNEL,
    "CARDS": SHOWN_FUNNEL,
    "WEB_PERSONALIZATION": SHOWN_FUNNEL,
    "FACEBOOK_AUDIENCE": {},
    "GOOGLE_ADS_AUDIENCE": {},
}
"""The stages of each channel in order: a kind of event to count, or the reasons which the stage takes off."""

SHARED_REASON_KEYS = {
    "campaign_control_group": CONTROL_GROUP_KEYS["campaign"],
    "global_control_group": CONTROL_GROUP_KEYS["global"],
    "frequency_cap": "f_c_removed",
    "do_not_disturb": "rejected_because_of_d_n_d",
    "minimum_delay": "removed_due_to_minimum_delay",
    "campaign_minimum_delay": "not_sent_due_to_campaign_level_min_delay",
    "campaign_frequency_limit": "users_removed_due_to_campaign_frequency_limit",
    "suppressed": "mo_engage_suppression",
    "content_not_reproducible": "user_device_was_not_able_to_reproduce_the_content",
}
"""Reasons that every channel knows, and the key under which the answer prints each."""

CHANNEL_REASON_KEYS = {
    "PUSH": {
        "no_device": "users_removed_as_no_device_was_found",
        "no_active_token": "users_removed_as_no_active_device_token_was_found",
        "duplicate_token": "removal_of_duplicate_tokens",
        "timer_too_long": "timer_duration_exceeded_limit",
        "timer_too_short": "timer_duration_less_than_15_minutes",
    },
    "EMAIL": {"blocklisted": "b_u_c_removed"},
    # What is shown in an app or on a site has a minimum delay of its own, printed under its own name.
    "IN_APP": {"minimum_delay": "minimum_delay"},
    "ON_SITE": {"minimum_delay": "minimum_delay"},
}
"""Reasons that only one channel knows, or that it prints differently; all others are their own keys."""

SMS_KEYS = "attempted sent failed delivered click ctr delivery_rate sent_rate failure_rate"
SHOWN_KEYS = "impression click closed_click ctr"

PERFORMANCE_KEYS = {
    "PUSH": "attempted sent failed impression click ctr delivery_rate sent_rate failure_rate",
    "EMAIL": (
        "attempted sent failed bounced hard_bounce soft_bounce click opened delivered unsubscribe complaint ctr "
        "delivery_rate sent_rate failure_rate open_rate ctor unsub_rate bounce_rate complaints_rate"
    ),
    "SMS": SMS_KEYS,
    "RCS": f"{SMS_KEYS} read read_rate",
    "WHATSAPP": "sent delivered read click ctr delivery_rate read_rate",
    "CONNECTOR": "attempted sent failed ctr sent_rate failure_rate",
    "CARDS": "sent delivered impression click ctr delivery_rate",
    "IN_APP": SHOWN_KEYS,
    "ON_SITE": SHOWN_KEYS,
    "WEB_PERSONALIZATION": SHOWN_KEYS,
    "FACEBOOK_AUDIENCE": "attempted sent successfully_synced eligible_users",
    "GOOGLE_ADS_AUDIENCE": "attempted successfully_synced eligible_users",
}

RENAMED_KINDS = {
    "click": "clicked",
    "closed_click": "closed",
    "unsubscribe": "unsubscribed",
    "complaint": "complained",
    "successfully_synced": "synced",
    "eligible_users": "eligible",
}
"""The keys that count one kind of event, where they are not called like that kind."""

LIVE_EMAIL_KEYS = {"opened": "open", "bounced": "bounce", "failure_rate": "failed_rate"}

NAMES_OF_PLATFORMS = {"CONNECTOR": "CONNECTORS", "FACEBOOK_AUDIENCE": "FACEBOOK", "GOOGLE_ADS_AUDIENCE": "GOOGLE ADS"}
"""How answers spell the channels that stand for a platform, where they do not keep their own names."""
