"""The rows of the catalogue of reasons.

Sources: the field's public error references; the two control-group keys and `f_c_removed` are spelled exactly as
clients know them.
"""

from dataclasses import dataclass
from enum import StrEnum

from aftersend.domain.channels import Channel as C
from aftersend.domain.reason_spelling import snake, spell


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
    """One row. `aliases` are other words that events may use for it.

    `push_code` is the number that push errors of this reason carry; on another channel the number says something else.
    """

    name: str
    key: str
    channels: frozenset[C]
    phase: Phase
    loss: Loss | None = None
    aliases: tuple[str, ...] = ()
    push_code: str = ""


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


def _row(name: str, key: str, channels: frozenset[C], phase: Phase, loss: Loss | None = None, also: str = "") -> Reason:
    """A row from its words; a number among `also` is the code of push."""
    words = also.split()
    codes = [word for word in words if word.isdecimal()]
    aliases = tuple(word for word in words if not word.isdecimal())
    return Reason(name, key, channels, phase, loss, aliases, "".join(codes))


def _named(channels: frozenset[C], phase: Phase, *labels: str) -> tuple[Reason, ...]:
    """Rows whose name and key are the plain spelling of the provider's or guide's own words."""
    return tuple(Reason(snake(label), snake(label), channels, phase, aliases=(label,)) for label in labels)


_SHARED = (
    _row("campaign_control_group", "user_removed_due_to_campaing_control_group", _ALL, _BEFORE, also="204"),
    _row("global_control_group", "user_removed_due_to_global_control_group", _ALL, _BEFORE, also="203"),
    _row(
        "frequency_cap",
        "f_c_removed",
        _ALL,
        _BEFORE,
        Loss.FREQUENCY_CAP,
        also="201 frequency_capping frequency_capped frequency_cap_reached fc fc_removed",
    ),
    _row("do_not_disturb", "rejected_because_of_d_n_d", _ALL, _BEFORE, also="202 dnd rejected_because_of_dnd"),
    _row("minimum_delay", "removed_due_to_minimum_delay", _ALL - _SHOWN, _BEFORE, also="205 global_minimum_delay"),
    _row(
        "campaign_minimum_delay",
        "not_sent_due_to_campaign_level_min_delay",
        _ALL,
        _BEFORE,
        also="206 campaign_level_minimum_delay",
    ),
    _row(
        "campaign_frequency_limit",
        "users_removed_due_to_campaign_frequency_limit",
        _ALL,
        _BEFORE,
        also="207 at_most_n atmost_notification limit_message",
    ),
    _row(
        "personalization_failed",
        "personalization_failed",
        _ALL,
        _ATTEMPT,
        Loss.PERSONALIZATION,
        also="301 personalization personalization_failure personalisation personalisation_failed moe_pfr",
    ),
    *(
        _row(
            f"personalization_failed_{part}",
            f"personalization_failed_{part}",
            _EMAIL | _CONNECTOR,
            _ATTEMPT,
            Loss.PERSONALIZATION,
        )
        for part in ("user_attribute", "event_attribute", "campaign_attribute", "undefined", "unknown")
    ),
    _row("suppressed", "mo_engage_suppression", _ALL, _BEFORE, also="suppression MoEngage_Suppression"),
    _row("content_not_reproducible", "user_device_was_not_able_to_reproduce_the_content", _ALL, _ATTEMPT),
)

_PUSH_REASONS = (
    _row("uninstalled", "uninstalled", _PUSH, _BEFORE, Loss.UNINSTALLED, also="uninstall app_uninstalled"),
    _row("no_device", "users_removed_as_no_device_was_found", _PUSH, _BEFORE, also="101 no_device_found"),
    _row(
        "no_active_token",
        "users_removed_as_no_active_device_token_was_found",
        _PUSH,
        _BEFORE,
        also="102 no_active_device_token",
    ),
    _row(
        "duplicate_token",
        "removal_of_duplicate_tokens",
        _PUSH,
        _BEFORE,
        Loss.DUPLICATE,
        also="208 duplicate de_duplication deduplication duplicates_removed",
    ),
    _row("timer_too_long", "timer_duration_exceeded_limit", _PUSH, _ATTEMPT, also="302"),
    _row("timer_too_short", "timer_duration_less_than_15_minutes", _PUSH, _ATTEMPT),
    _row("rejected_by_push_service", "rejected_by_push_service", _PUSH, _ATTEMPT, also="501"),
    _row("not_registered", "not_registered", _PUSH, _ATTEMPT, also="NotRegistered RequestedEntityWasNotFound"),
    _row(
        "invalid_fcm_auth_key",
        "invalid_fcm_auth_key",
        _PUSH,
        _ATTEMPT,
        also="INVALID_SERVER_CREDS GCM_authentication_exception Google_Authentication_Error",
    ),
    _row(
        "fcm_message_rate_exceeded",
        "fcm_message_rate_exceeded",
        _PUSH,
        _ATTEMPT,
        also="FCM_message_rate_exceeded quota_exceeded QUOTA_EXCEEDED",
    ),
    _row(
        "sender_temporarily_unavailable",
        "sender_temporarily_unavailable",
        _PUSH,
        _ATTEMPT,
        also="502 internal_errors backend_unavailable",
    ),
    _row("invalid_payload_size", "invalid_payload_size", _PUSH, _ATTEMPT, also="Invalid_payload_size PayloadTooLarge"),
    _row("authorization_error", "authorization_error", _PUSH, _ATTEMPT, also="Authorization_Error Forbidden"),
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
    _row(
        "no_email_address",
        "no_email_address",
        _EMAIL,
        _BEFORE,
        Loss.NO_ADDRESS,
        also="no_email no_address missing_address missing_email no_email_attribute",
    ),
    _row(
        "blocklisted",
        "b_u_c_removed",
        _EMAIL,
        _BEFORE,
        Loss.BLOCKLISTED,
        also="buc b_u_c bounced_unsubscribed_complained hard_bounced unsubscribed complained",
    ),
    _row(
        "invalid_email",
        "invalid_email",
        _EMAIL,
        _BEFORE,
        Loss.INVALID_ADDRESS,
        also="invalid_address invalid_email_address",
    ),
    _row(
        "duplicate_email",
        "duplicate_email",
        _EMAIL,
        _BEFORE,
        Loss.DUPLICATE,
        also="duplicate duplicate_address duplicate_email_address",
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
    _row(
        "email_unsubscribe_drop",
        "email_unsubscribe_drop",
        _EMAIL,
        _AFTER,
        also="Email_Unsubscribe_Drop ESP_Dropped_Request",
    ),
)

_TEXT_REASONS = (
    _row(
        "invalid_mobile_number",
        "invalid_mobile_number",
        _TEXT,
        _BEFORE,
        Loss.INVALID_ADDRESS,
        also="invalid_number invalid_address invalid_phone_number",
    ),
    _row(
        "duplicate_mobile_number",
        "duplicate_mobile_number",
        _TEXT,
        _BEFORE,
        Loss.DUPLICATE,
        also="duplicate duplicate_number",
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
