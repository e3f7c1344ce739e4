"""The catalogue of reasons why a message was removed, failed or not delivered.

A reason has one name in events and in the ledger, and one key in `failure_breakdown`. Reasons are
open: a word that is not in the catalogue is accepted and spelled by `spell`. Sources: the field's public
error references; the two control-group keys and `f_c_removed` are spelled exactly as clients know them.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from aftersend.domain.channels import Channel as C


class Loss(StrEnum):
    """What kind of loss a reason is, where a delivery funnel has a stage for it."""

    UNINSTALLED = "uninstalled"
    NO_ADDRESS = "no_address"
    BLOCKLISTED = "blocklisted"
    INVALID_ADDRESS = "invalid_address"
    DUPLICATE = "duplicate"
    FREQUENCY_CAP = "frequency_cap"
    PERSONALIZATION = "personalization"


class Phase(StrEnum):
    """When in the life of a message the reason usually strikes."""

    BEFORE_ATTEMPT = "before_attempt"
    ATTEMPT = "attempt"
    AFTER_SENT = "after_sent"


@dataclass(frozen=True, slots=True)
class Reason:
    """One row. `aliases` are other words that events may use for it: codes and vendors' names."""

    name: str
    key: str
    channels: frozenset[C]
    phase: Phase
    loss: Loss | None = None
    aliases: tuple[str, ...] = ()


def spell(label: str) -> str:
    """Spell a reason of unknown key the way known keys are spelled.

    The words are joined in camel case and an underscore goes before every capital but the first, then
    all is lower case: "FC Removed" becomes `f_c_removed`. What is in that form already stays as it is.
    """
    if re.fullmatch(r"[a-z0-9]+(?:_+[a-z0-9]+)*", label):
        return label
    words = [word for word in re.split(r"[\W_]+", label) if word]
    camel = "".join(word[0].upper() + word[1:] for word in words)
    spelled = "".join(("_" + letter if letter.isupper() else letter) for letter in camel).lower()
    return spelled.removeprefix("_") or "unknown"


def snake(label: str) -> str:
    """Spell a provider's own error name in plain snake case: "Message Too Big" is `message_too_big`."""
    split = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", label)
    return re.sub(r"\W+", "_", split).strip("_").lower()


_PUSH = frozenset({C.PUSH})
_EMAIL = frozenset({C.EMAIL})
_TEXT = frozenset({C.SMS, C.RCS, C.WHATSAPP})
_WHATSAPP = frozenset({C.WHATSAPP})
_CONNECTOR = frozenset({C.CONNECTOR})
_SHOWN = frozenset({C.IN_APP, C.ON_SITE})
_IN_APP = frozenset({C.IN_APP})
_ON_SITE = frozenset({C.ON_SITE})
_AUDIENCES = frozenset({C.FACEBOOK_AUDIENCE, C.GOOGLE_ADS_AUDIENCE})
_ALL = frozenset(C)

_BEFORE, _ATTEMPT, _AFTER = Phase.BEFORE_ATTEMPT, Phase.ATTEMPT, Phase.AFTER_SENT


def _named(channels: frozenset[C], phase: Phase, *labels: str) -> tuple[Reason, ...]:
    """Rows whose name and key are the plain spelling of the provider's or guide's own words."""
    return tuple(Reason(snake(label), snake(label), channels, phase, aliases=(label,)) for label in labels)


_SHARED = (
    Reason(
        "campaign_control_group",
        "user_removed_due_to_campaing_control_group",
        _ALL,
        _BEFORE,
        aliases=("204",),
    ),
    Reason("global_control_group", "user_removed_due_to_global_control_group", _ALL, _BEFORE, aliases=("203",)),
    Reason(
        "frequency_cap",
        "f_c_removed",
        _ALL,
        _BEFORE,
        Loss.FREQUENCY_CAP,
        ("201", "frequency_capping", "frequency_capped", "frequency_cap_reached", "fc", "fc_removed"),
    ),
    Reason(
        "do_not_disturb",
        "rejected_because_of_d_n_d",
        _ALL,
        _BEFORE,
        aliases=("202", "dnd", "rejected_because_of_dnd"),
    ),
    Reason(
        "minimum_delay",
        "removed_due_to_minimum_delay",
        _ALL - _SHOWN,
        _BEFORE,
        aliases=("205", "global_minimum_delay"),
    ),
    Reason(
        "campaign_minimum_delay",
        "not_sent_due_to_campaign_level_min_delay",
        _ALL,
        _BEFORE,
        aliases=("206", "campaign_level_minimum_delay"),
    ),
    Reason(
        "campaign_frequency_limit",
        "users_removed_due_to_campaign_frequency_limit",
        _ALL,
        _BEFORE,
        aliases=("207", "at_most_n", "atmost_notification", "limit_message"),
    ),
    Reason(
        "personalization_failed",
        "personalization_failed",
        _ALL,
        _ATTEMPT,
        Loss.PERSONALIZATION,
        (
            "301",
            "personalization",
            "personalization_failure",
            "personalisation",
            "personalisation_failed",
            "moe_pfr",
        ),
    ),
    *(
        Reason(
            f"personalization_failed_{part}",
            f"personalization_failed_{part}",
            _EMAIL | _CONNECTOR,
            _ATTEMPT,
            Loss.PERSONALIZATION,
        )
        for part in ("user_attribute", "event_attribute", "campaign_attribute", "undefined", "unknown")
    ),
    Reason(
        "suppressed",
        "mo_engage_suppression",
        _ALL,
        _BEFORE,
        aliases=("suppression", "MoEngage Suppression"),
    ),
    Reason(
        "content_not_reproducible",
        "user_device_was_not_able_to_reproduce_the_content",
        _ALL,
        _ATTEMPT,
    ),
)

_PUSH_REASONS = (
    Reason("uninstalled", "uninstalled", _PUSH, _BEFORE, Loss.UNINSTALLED, ("uninstall", "app_uninstalled")),
    Reason(
        "no_device",
        "users_removed_as_no_device_was_found",
        _PUSH,
        _BEFORE,
        aliases=("101", "no_device_found"),
    ),
    Reason(
        "no_active_token",
        "users_removed_as_no_active_device_token_was_found",
        _PUSH,
        _BEFORE,
        aliases=("102", "no_active_device_token"),
    ),
    Reason(
        "duplicate_token",
        "removal_of_duplicate_tokens",
        _PUSH,
        _BEFORE,
        Loss.DUPLICATE,
        ("208", "duplicate", "de_duplication", "deduplication", "duplicates_removed"),
    ),
    Reason("timer_too_long", "timer_duration_exceeded_limit", _PUSH, _ATTEMPT, aliases=("302",)),
    Reason("timer_too_short", "timer_duration_less_than_15_minutes", _PUSH, _ATTEMPT),
    Reason("rejected_by_push_service", "rejected_by_push_service", _PUSH, _ATTEMPT, aliases=("501",)),
    Reason(
        "not_registered",
        "not_registered",
        _PUSH,
        _ATTEMPT,
        aliases=("NotRegistered", "RequestedEntityWasNotFound"),
    ),
    Reason(
        "invalid_fcm_auth_key",
        "invalid_fcm_auth_key",
        _PUSH,
        _ATTEMPT,
        aliases=("INVALID_SERVER_CREDS", "GCM authentication exception", "Google Authentication Error"),
    ),
    Reason(
        "fcm_message_rate_exceeded",
        "fcm_message_rate_exceeded",
        _PUSH,
        _ATTEMPT,
        aliases=("FCM message rate exceeded", "quota exceeded", "QUOTA_EXCEEDED"),
    ),
    Reason(
        "sender_temporarily_unavailable",
        "sender_temporarily_unavailable",
        _PUSH,
        _ATTEMPT,
        aliases=("internal errors", "backend unavailable", "502"),
    ),
    Reason(
        "invalid_payload_size",
        "invalid_payload_size",
        _PUSH,
        _ATTEMPT,
        aliases=("Invalid payload size", "PayloadTooLarge"),
    ),
    Reason("authorization_error", "authorization_error", _PUSH, _ATTEMPT, aliases=("Authorization Error", "Forbidden")),
    *_named(
        _PUSH,
        _ATTEMPT,
        "Invalid Registration",
        "Firebase Cloud Messaging API not enabled",
        "MismatchSenderId",
        "Message Too Big",
        "Device Message Rate Exceeded",
        "Push Amplification Plus targets invalid",
        "Response Decode Error",
        "HMS Message too big",
        "FCM Insufficient Permission",
        "Invalid token size",
        "APNS Provider Certificate Expired",
        "APNs Client Connection Failed",
        "DeviceTokenNotForTopic",
        "BadDeviceToken",
        "InvalidProviderToken",
        "TopicDisallowed",
        "Unregistered",
        "TooManyProviderTokenUpdates",
        "ServiceUnavailable",
        "No Active Device Present for the User",
    ),
)

_EMAIL_REASONS = (
    Reason(
        "no_email_address",
        "no_email_address",
        _EMAIL,
        _BEFORE,
        Loss.NO_ADDRESS,
        ("no_email", "no_address", "missing_address", "missing_email", "no_email_attribute"),
    ),
    Reason(
        "blocklisted",
        "b_u_c_removed",
        _EMAIL,
        _BEFORE,
        Loss.BLOCKLISTED,
        ("buc", "b_u_c", "bounced_unsubscribed_complained", "hard_bounced", "unsubscribed", "complained"),
    ),
    Reason(
        "invalid_email",
        "invalid_email",
        _EMAIL,
        _BEFORE,
        Loss.INVALID_ADDRESS,
        ("invalid_address", "invalid_email_address"),
    ),
    Reason(
        "duplicate_email",
        "duplicate_email",
        _EMAIL,
        _BEFORE,
        Loss.DUPLICATE,
        ("duplicate", "duplicate_address", "duplicate_email_address"),
    ),
    *(
        Reason(spell(label), spell(label), _EMAIL, _ATTEMPT, aliases=(label,))
        for label in (
            "SMTPException",
            "SMTPDataError",
            "SMTPSenderRefused",
            "SMTPRecipientRefused",
            "InvalidSMTPHostDetails",
            "SMTPAuthenticationError",
            "EncryptedConnectionFailed",
            "Error in Attachments",
            "CustomAPI",
            "MaximumLimitExceeded",
            "Content API errors",
        )
    ),
    Reason(
        "email_unsubscribe_drop",
        "email_unsubscribe_drop",
        _EMAIL,
        _AFTER,
        aliases=("Email Unsubscribe Drop", "ESP Dropped Request"),
    ),
)

_TEXT_REASONS = (
    Reason(
        "invalid_mobile_number",
        "invalid_mobile_number",
        _TEXT,
        _BEFORE,
        Loss.INVALID_ADDRESS,
        ("invalid_number", "invalid_address", "invalid_phone_number"),
    ),
    Reason(
        "duplicate_mobile_number",
        "duplicate_mobile_number",
        _TEXT,
        _BEFORE,
        Loss.DUPLICATE,
        ("duplicate", "duplicate_number"),
    ),
    *_named(_TEXT, _AFTER, "In Transit"),
    *_named(
        _WHATSAPP,
        _ATTEMPT,
        "Template Mismatch",
        "Authentication Failed",
        "Unknown Subscriber",
        "Unsupported Method",
        "International Service Disabled",
        "Message Too Long",
        "API Generic Failure",
        "Generic Provider Error",
        "Invalid Credentials",
        "Not Opted In",
        "Pack Validity Expired",
        "WA Compatibility",
        "User Part of Experiment",
        "Invalid Destination Source",
    ),
)

_SHOWN_REASONS = (
    *_named(
        _SHOWN,
        _BEFORE,
        "Higher Priority Campaign Available",
        "Maximum Times Shown",
        "Minimum Delay",
        "Global Delay",
        "Campaign Expired",
    ),
    *_named(
        _IN_APP,
        _BEFORE,
        "Screen Mismatch",
        "Context Mismatch",
        "Unsupported Orientation",
        "In App Blocked",
        "User not on Android 13 or already opted in",
    ),
    *_named(_SHOWN, _ATTEMPT, "API Failure", "Campaign Paused", "Missing Parameters", "Another Campaign Visible"),
    *_named(
        _IN_APP,
        _ATTEMPT,
        "Campaign Under Review",
        "Campaign Rejected",
        "Campaign Archived",
        "Image Failure",
        "GIF Failure",
        "Height Exceeded",
        "Internal Server Error",
        "File Download Failure",
    ),
    *_named(_ON_SITE, _ATTEMPT, "URL Changed", "Website Closed"),
)

_OTHER_REASONS = (
    *_named(_CONNECTOR, _ATTEMPT, "Non 200 Response"),
    *_named(_AUDIENCES, _ATTEMPT, "Access Error", "Data Error", "API Error", "Service Error"),
)

REASONS: tuple[Reason, ...] = (
    *_SHARED,
    *_PUSH_REASONS,
    *_EMAIL_REASONS,
    *_TEXT_REASONS,
    *_SHOWN_REASONS,
    *_OTHER_REASONS,
)


@cache
def _by_word(channel: C) -> dict[str, Reason]:
    """Every word that means a reason on this channel, folded; earlier rows win over later aliases."""
    words: dict[str, Reason] = {}
    rows = [reason for reason in REASONS if channel in reason.channels]
    for reason in rows:
        words[_fold(reason.name)] = reason
    for reason in rows:
        for word in (reason.key, *reason.aliases):
            words.setdefault(_fold(word), reason)
    return words


def _fold(word: str) -> str:
    return re.sub(r"[\W_]+", "", word).lower()


def reason_name(channel: C, word: str) -> str:
    """Return the name under which the ledger keeps a reason: the catalogue's, or the word as spelled."""
    known = _by_word(channel).get(_fold(word))
    if known is not None:
        return known.name
    if channel is C.CONNECTOR and (status := re.fullmatch(r"(?i)(?:http\W*_*)?(\d{3})", word.strip())):
        return f"http_{status[1]}"
    return spell(word.strip())


@cache
def breakdown_key(channel: C, name: str) -> str:
    """Return the key under which `failure_breakdown` prints a reason that the ledger keeps as `name`."""
    known = _by_word(channel).get(_fold(name))
    return known.key if known is not None and known.name == name else name


@cache
def reasons_of(channel: C, loss: Loss) -> frozenset[str]:
    """Return the names of the channel's reasons that are this kind of loss."""
    return frozenset(reason.name for reason in REASONS if channel in reason.channels and reason.loss is loss)
