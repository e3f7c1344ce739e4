"""The codes of the MoEngage event stream: one row a code, and what it becomes here.

The rows drive the reading of the stream and the reference page. A row with a kind becomes a message event of that kind,
and of the kinds that it implies; one that is for goals becomes a user event; any other is recognised and feeds nothing.
"""

from dataclasses import dataclass

from aftersend.domain.channels import Channel as C
from aftersend.domain.kinds import BounceType, Kind

IMPLIED: dict[Kind, Kind] = {
    Kind.SENT: Kind.ATTEMPTED,
    Kind.FAILED: Kind.ATTEMPTED,
    Kind.SYNCED: Kind.ATTEMPTED,
}
"""What must have happened before: the stream has no event for it, so it is derived at the door."""


@dataclass(frozen=True, slots=True)
class StreamCode:
    """One row.

    `names` are display names, which stand in for codes that are not published. Where a code is of several channels,
    the campaign says which; the first is meant otherwise. `platform` is what the code says where the event itself
    does not; of a code that says WEB the event can only say MWEB. `reason` stands in where a failure gives none. A code
    that ends with a star stands for all that begin so.
    """

    code: str
    names: tuple[str, ...]
    meaning: str
    channels: tuple[C, ...] = ()
    kind: Kind | None = None
    platform: str | None = None
    bounce_type: BounceType | None = None
    reason: str | None = None
    aliases: tuple[str, ...] = ()
    for_goals: bool = False

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """Return the kinds of message event that it becomes, what is implied last."""
        if self.kind is None:
            return ()
        implied = IMPLIED.get(self.kind)
        return (self.kind,) if implied is None else (self.kind, implied)


_ALL = tuple(C)


def _row(
    code: str, names: str, channels: tuple[C, ...], kind: Kind, meaning: str, platform: str | None = None
) -> StreamCode:
    """Build a row of a message event; names have bars between them, and so have codes that mean the same."""
    first, *others = code.split("|")
    return StreamCode(first, tuple(names.split("|")), meaning, channels, kind, platform, aliases=tuple(others))


def _failure(code: str, names: str, channel: C, kind: Kind, reason: str, meaning: str) -> StreamCode:
    return StreamCode(code, tuple(names.split("|")), meaning, (channel,), kind, reason=reason)


def _bounce(code: str, names: str, bounce_type: BounceType, meaning: str) -> StreamCode:
    return StreamCode(code, tuple(names.split("|")), meaning, (C.EMAIL,), Kind.BOUNCED, bounce_type=bounce_type)


def _nothing(code: str, names: str, meaning: str) -> StreamCode:
    first, *others = code.split("|")
    return StreamCode(first, tuple(names.split("|")), meaning, aliases=tuple(others))


def _goal(code: str, names: str, meaning: str) -> StreamCode:
    return StreamCode(code, tuple(names.split("|")), meaning, for_goals=True)


_EMAIL = (
    _row("MOE_EMAIL_SENT", "Email Sent", (C.EMAIL,), Kind.SENT, "handed to the e-mail provider"),
    _nothing("MOE_EMAIL_DEFERRED", "Email Deferred", "the receiving server asked for patience"),
    _row("MOE_EMAIL_DELIVERED", "Email Delivered", (C.EMAIL,), Kind.DELIVERED, "a receipt came back"),
    _row("MOE_EMAIL_OPEN", "Email Opened|Email Open", (C.EMAIL,), Kind.OPENED, "opened"),
    _row("MOE_EMAIL_CLICK", "Email Clicked|Email Click", (C.EMAIL,), Kind.CLICKED, "a link was clicked"),
    _bounce(
        "MOE_EMAIL_HARD_BOUNCE",
        "Email Hard Bounced|Email Hard Bounce",
        BounceType.HARD,
        "the address is bad for good",
    ),
    _bounce(
        "MOE_EMAIL_SOFT_BOUNCE", "Email Soft Bounced|Email Soft Bounce", BounceType.SOFT, "the address is bad for now"
    ),
    _failure(
        "MOE_EMAIL_DROP",
        "Email Dropped|Email Drop",
        C.EMAIL,
        Kind.FAILED,
        "email_drop",
        "not sent: on the bounce, unsubscribe or spam list, or a bad address",
    ),
    _row("MOE_EMAIL_UNSUBSCRIBE", "Email Unsubscribed", (C.EMAIL,), Kind.UNSUBSCRIBED, "unsubscribed through it"),
    _row("MOE_EMAIL_SPAM", "Email Spam|Email Spam Complaint", (C.EMAIL,), Kind.COMPLAINED, "marked as spam"),
    _failure(
        "MOE_EMAIL_DROPPED_UNSUBSCRIBE",
        "ESP Dropped Request|Email Unsubscribe Drop",
        C.EMAIL,
        Kind.UNDELIVERED,
        "email_unsubscribe_drop",
        "the provider dropped it after the send",
    ),
    _nothing("MOE_EMAIL_VIB", "Email Viewed In Browser", "opened as a web page"),
    _nothing("MOE_EMAIL_SUBSCRIPTION_UPDATED", "Email Subscription Updated", "a subscription category has changed"),
)


def _text(channel: C, prefix: str, click: str, label: str) -> tuple[StreamCode, ...]:
    return (
        _row(f"{prefix}_SENT", f"{label} Sent", (channel,), Kind.SENT, "handed to the provider"),
        _row(f"{prefix}_DELIVERED", f"{label} Delivered", (channel,), Kind.DELIVERED, "a receipt came back"),
        _row(click, f"{label} Clicked", (channel,), Kind.CLICKED, "a link or a button was clicked"),
        _failure(
            f"{prefix if prefix.startswith('MOE') else f'MOE_{prefix}'}_DELIVERY_FAILED",
            f"{label} Delivery Failed",
            channel,
            Kind.UNDELIVERED,
            "delivery_failed",
            "accepted, then not delivered; it comes after the send, so it is not failed",
        ),
    )


_TEXTS = (
    *_text(C.SMS, "SMS", "MOE_SMS_CLICKED", "SMS"),
    *_text(C.WHATSAPP, "MOE_WHATSAPP", "MOE_WHATSAPP_CLICKED", "WhatsApp Message"),
    _row("MOE_WHATSAPP_READ", "WhatsApp Message Read", (C.WHATSAPP,), Kind.READ, "a read receipt came back"),
    *_text(C.RCS, "MOE_RCS", "MOE_RCS_CLICKED", "RCS"),
    _row("MOE_RCS_READ", "RCS Read", (C.RCS,), Kind.READ, "a read receipt came back"),
    _nothing("SMS_KEYWORD_RECEIVED", "SMS Keyword Received", "the user wrote a keyword; the code is not published"),
    _nothing("SMS_KEYWORD_RESPONSE_SENT", "SMS Keyword Response Sent", "an answer to one; the code is not published"),
)

_PUSH_CHANNEL = (C.PUSH,)
_NOT_PUBLISHED = "on request only; the code is not published"

_PUSH = (
    _row(
        "NOTIFICATION_RECEIVED_MOE",
        "Notification Received Android",
        _PUSH_CHANNEL,
        Kind.IMPRESSION,
        "received by the device",
        "ANDROID",
    ),
    _row("NOTIFICATION_CLICKED_MOE", "Notification Clicked Android", _PUSH_CHANNEL, Kind.CLICKED, "tapped", "ANDROID"),
    _nothing("NOTIFICATION_CLEARED_MOE", "Notification Cleared Android", "swiped away"),
    _row(
        "n_i_s",
        "Notification Sent iOS",
        _PUSH_CHANNEL,
        Kind.SENT,
        "accepted by the push service; an impression as well where the address of the stream says so",
        "IOS",
    ),
    _row(
        "NOTIFICATION_RECEIVED_IOS_MOE",
        "Notification Received iOS",
        _PUSH_CHANNEL,
        Kind.IMPRESSION,
        "received by the device",
        "IOS",
    ),
    _nothing(
        "NOTIFICATION_RECEIVED_IOS_APP_ACTIVE", "Notification Received iOS App Active", "came while the app was open"
    ),
    _row("NOTIFICATION_CLICKED_IOS_MOE", "Notification Clicked iOS", _PUSH_CHANNEL, Kind.CLICKED, "tapped", "IOS"),
    _nothing("NOTIFICATION_DISMISSED_IOS_MOE", "Notification Dismissed iOS", "swiped away"),
    _row(
        "NOTIFICATION_RECEIVED_WEB_MOE",
        "Notification Received Web",
        _PUSH_CHANNEL,
        Kind.IMPRESSION,
        "received by the browser",
        "WEB",
    ),
    _row("NOTIFICATION_CLICKED_WEB_MOE", "Notification Clicked Web", _PUSH_CHANNEL, Kind.CLICKED, "clicked", "WEB"),
    _row(
        "NOTIFICATION_CLICKED_WINDOWS_MOE",
        "Notification Clicked Windows",
        _PUSH_CHANNEL,
        Kind.CLICKED,
        "clicked",
        "UNKNOWN",
    ),
    _row("NOTIFICATION_SENT_ANDROID", "Notification Sent Android", _PUSH_CHANNEL, Kind.SENT, _NOT_PUBLISHED, "ANDROID"),
    _row("NOTIFICATION_SENT_WEB", "Notification Sent Web", _PUSH_CHANNEL, Kind.SENT, _NOT_PUBLISHED, "WEB"),
    _row("NOTIFICATION_SENT_WINDOWS", "Notification Sent Windows", _PUSH_CHANNEL, Kind.SENT, _NOT_PUBLISHED, "UNKNOWN"),
    _failure(
        "NOTIFICATION_DROPPED",
        "Notification Dropped",
        C.PUSH,
        Kind.UNDELIVERED,
        "dropped",
        f"dropped before it was attempted; {_NOT_PUBLISHED}",
    ),
    _failure(
        "NOTIFICATION_FAILED",
        "Notification Failed",
        C.PUSH,
        Kind.FAILED,
        "rejected_by_push_service",
        f"refused by the push service; {_NOT_PUBLISHED}",
    ),
    _nothing("MO_PUSH_PREFERENCE_CHANGED", "Push Preference Changed", "reachability"),
    _nothing("MOE_OPT_IN_*", "Opt In", "reachability"),
    _nothing("MOE_WEB_OPTIN_*", "Web Opt In", "reachability"),
    _nothing("MOE_USER_SUBSCRIBED", "User Subscribed To Web Push|Subscribed To Web Push", "reachability"),
    _nothing("MOE_WEB_UNSUBSCRIBED", "User Unsubscribed From Web Push|Unsubscribed From Web Push", "reachability"),
    _nothing("TOKEN_EVENT", "Token Event", "reachability"),
    _nothing("NOTIFICATION_OFFLINE_MOE", "Notification Offline", "shown without a connection"),
)


def _shown(channels: tuple[C, ...], codes: str, label: str, platform: str) -> tuple[StreamCode, ...]:
    """Build the rows of what is shown, clicked and closed; codes are those three, in order."""
    shown, clicked, closed = codes.split()
    return (
        _row(shown, f"{label} Shown", channels, Kind.IMPRESSION, "shown", platform),
        _row(clicked, f"{label} Clicked", channels, Kind.CLICKED, "clicked", platform),
        _row(closed, f"{label} Dismissed|{label} Closed", channels, Kind.CLOSED, "closed by the user", platform),
    )


_SHOWN = (
    *_shown(
        (C.IN_APP, C.ON_SITE),
        "MOE_IN_APP_SHOWN MOE_IN_APP_CLICKED MOE_IN_APP_DISMISSED",
        "Mobile In-App",
        "ANDROID",
    ),
    *_shown((C.IN_APP,), "iOS_IN_APP_SHOWN iOS_IN_APP_CLICKED iOS_IN_APP_CLOSE_CLICKED", "Mobile In-App iOS", "IOS"),
    *_shown(
        (C.IN_APP,),
        "WINDOWS_IN_APP_SHOWN WINDOWS_IN_APP_CLICKED WINDOWS_IN_APP_CLOSE_CLICKED",
        "Mobile In-App Windows",
        "UNKNOWN",
    ),
    _nothing("MOE_IN_APP_AUTO_DISMISS", "Mobile In-App Auto Dismiss|In-App Auto Dismiss", "closed by itself"),
    *_shown(
        (C.ON_SITE,),
        "MOE_ONSITE_MESSAGE_SHOWN MOE_ONSITE_MESSAGE_CLICKED MOE_ONSITE_MESSAGE_DISMISSED",
        "On-site Message",
        "WEB",
    ),
    _nothing("MOE_ONSITE_MESSAGE_AUTO_DISMISS", "On-site Message Auto Dismiss", "closed by itself"),
    *_shown(
        (C.WEB_PERSONALIZATION,),
        "MOE_WEBP_MESSAGE_SHOWN MOE_WEBP_MESSAGE_CLICKED MOE_WEBP_MESSAGE_DISMISSED",
        "Web Personalization Message",
        "WEB",
    ),
    _nothing("MOE_WEBP_MESSAGE_DELIVERED", "Web Personalization Message Delivered", "loaded with the page"),
    _row("MOE_CARD_SENT", "Card Sent", (C.CARDS,), Kind.SENT, "sent"),
    _row("MOE_CARD_DELIVERED", "Card Delivered", (C.CARDS,), Kind.DELIVERED, "fetched by the device"),
    _row("MOE_CARD_CLICKED", "Card Clicked", (C.CARDS,), Kind.CLICKED, "clicked"),
    _row("MOE_CARD_IMPRESSION|MOE_CARD_VIEWED", "Card Viewed|Card Impression", (C.CARDS,), Kind.IMPRESSION, "seen"),
    _nothing("MOE_CARD_DISMISSED", "Card Dismissed", "deleted by the user"),
    _nothing("MOE_CARD_INBOX_CLICKED", "Card Inbox Clicked", "the inbox was opened"),
)

HELD_OUT_OF_CAMPAIGN = "MOE_CAMPAIGN_CONTROL_GROUP"
"""The one code that means a campaign only where it names one."""

_OTHERS = (
    _row(
        "MOE_CONNECTOR_SENT|WEBHOOK_SENT", "Connector Sent|Webhook Sent", (C.CONNECTOR,), Kind.SENT, "the call was made"
    ),
    _row(
        "MOE_FB_AUDIENCE_SYNC",
        "Facebook Audience Sync",
        (C.FACEBOOK_AUDIENCE,),
        Kind.SYNCED,
        "sent to the ad audience; the event does not tell adding from taking out",
    ),
    _row(
        "MOE_GOOGLE_ADS_AUDIENCE_SYNC",
        "Google Ads Audience Sync",
        (C.GOOGLE_ADS_AUDIENCE,),
        Kind.SYNCED,
        "sent to the ad audience; the event does not tell adding from taking out",
    ),
    _row(
        "MOE_CAMPAIGN_USER_REMOVED_DUE_TO_CONTROL_GROUP",
        "User Removed Due To Control Group|Campaign User Removed Due To Control Group",
        _ALL,
        Kind.HELD_OUT,
        "held out of a send, for the campaign's group, or for the global one where the event says so",
    ),
    _row(
        HELD_OUT_OF_CAMPAIGN,
        "User Added To Control Group",
        _ALL,
        Kind.HELD_OUT,
        "held out of the campaign that it names; without one it is about the global group and feeds nothing",
    ),
    _nothing("MOE_USER_REMOVED_FROM_CONTROL_GROUP", "User Removed From Control Group", "out of the global group again"),
    _nothing("USER_ENTERED_FLOW", "User Entered Flow|Flow Entered", "a flow began"),
    _nothing("USER_EXITED_FLOW", "User Exited Flow|Flow Exited", "a flow ended"),
)

_LIFE = (
    _goal("MOE_APP_OPENED", "App/Site Opened|App Opened", "the app or the site was opened"),
    _goal("MOE_PAGE_VIEWED", "Viewed Web Page|Page Viewed", "a page was viewed"),
    _goal("MOE_APP_EXIT", "App Exit", "the app was left"),
    _goal("MOE_LOGOUT", "Logout|User Logout", "logged out"),
    _goal("MOE_USER_MERGED", "User Merged", "two users became one; their uniques stay two"),
    _goal("UPDATE", "App Updated|App Update", "the app was updated"),
    _goal("INSTALL", "First App Open|App Installed|App Install", "the app was installed"),
    _goal("REINSTALL", "App Reinstalled|App Reinstall", "the app was installed again"),
    _goal("Device Uninstall", "Device Uninstalled", "the app was removed"),
    _goal("MOE_USER_REINSTALL", "User Reinstalled|User Reinstall", "the user is back"),
)

CODES: tuple[StreamCode, ...] = (*_EMAIL, *_TEXTS, *_PUSH, *_SHOWN, *_OTHERS, *_LIFE)
