"""The catalogue of reasons: what each word means on each channel, and under which key it is printed."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aftersend.domain.channels import Channel
from aftersend.domain.reasons import REASONS, Loss, Phase, Reason, breakdown_key, reason_name, reasons_of, spell

ROWS = [(reason, channel) for reason in REASONS for channel in Channel if channel in reason.channels]

TEXT = (Channel.SMS, Channel.RCS, Channel.WHATSAPP)
SHOWN = (Channel.IN_APP, Channel.ON_SITE)
MAIL = (Channel.EMAIL,)
PUSH = (Channel.PUSH,)
ALL = tuple(Channel)

WORDS: tuple[tuple[tuple[Channel, ...], str, str, str], ...] = (
    (PUSH, "101", "no_device", "users_removed_as_no_device_was_found"),
    (PUSH, "102", "no_active_token", "users_removed_as_no_active_device_token_was_found"),
    (PUSH, "201", "frequency_cap", "f_c_removed"),
    (PUSH, "202", "do_not_disturb", "rejected_because_of_d_n_d"),
    (PUSH, "203", "global_control_group", "user_removed_due_to_global_control_group"),
    (PUSH, "204", "campaign_control_group", "user_removed_due_to_campaing_control_group"),
    (PUSH, "205", "minimum_delay", "removed_due_to_minimum_delay"),
    (PUSH, "206", "campaign_minimum_delay", "not_sent_due_to_campaign_level_min_delay"),
    (PUSH, "207", "campaign_frequency_limit", "users_removed_due_to_campaign_frequency_limit"),
    (PUSH, "208", "duplicate_token", "removal_of_duplicate_tokens"),
    (PUSH, "301", "personalization_failed", "personalization_failed"),
    (PUSH, "302", "timer_too_long", "timer_duration_exceeded_limit"),
    (PUSH, "timer_duration_less_than_15_minutes", "timer_too_short", "timer_duration_less_than_15_minutes"),
    (PUSH, "501", "rejected_by_push_service", "rejected_by_push_service"),
    (PUSH, "MOE_PFR", "personalization_failed", "personalization_failed"),
    (PUSH, "BadDeviceToken", "bad_device_token", "bad_device_token"),
    (PUSH, "RequestedEntityWasNotFound", "not_registered", "not_registered"),
    (PUSH, "Not Registered", "not_registered", "not_registered"),
    (PUSH, "GCM authentication exception", "invalid_fcm_auth_key", "invalid_fcm_auth_key"),
    (PUSH, "PayloadTooLarge", "invalid_payload_size", "invalid_payload_size"),
    (PUSH, "duplicate", "duplicate_token", "removal_of_duplicate_tokens"),
    (MAIL, "duplicate", "duplicate_email", "duplicate_email"),
    (TEXT, "duplicate", "duplicate_mobile_number", "duplicate_mobile_number"),
    (MAIL, "invalid_address", "invalid_email", "invalid_email"),
    (TEXT, "invalid_address", "invalid_mobile_number", "invalid_mobile_number"),
    (MAIL, "b_u_c_removed", "blocklisted", "b_u_c_removed"),
    (MAIL, "BUC", "blocklisted", "b_u_c_removed"),
    (MAIL, "SMTPDataError", "s_m_t_p_data_error", "s_m_t_p_data_error"),
    (MAIL, "Email Unsubscribe Drop", "email_unsubscribe_drop", "email_unsubscribe_drop"),
    (ALL, "FC Removed", "frequency_cap", "f_c_removed"),
    (ALL, "Frequency Capping", "frequency_cap", "f_c_removed"),
    (ALL, "rejected_because_of_DND", "do_not_disturb", "rejected_because_of_d_n_d"),
    (ALL, "personalisation", "personalization_failed", "personalization_failed"),
    (ALL, "MoEngage Suppression", "suppressed", "mo_engage_suppression"),
    (ALL, "mo_engage_suppression", "suppressed", "mo_engage_suppression"),
    (
        ALL,
        "user_device_was_not_able_to_reproduce_the_content",
        "content_not_reproducible",
        "user_device_was_not_able_to_reproduce_the_content",
    ),
    (SHOWN, "Minimum Delay", "minimum_delay", "minimum_delay"),
    (SHOWN, "higher-priority campaign available", *("higher_priority_campaign_available",) * 2),
    ((Channel.IN_APP,), "screen mismatch", "screen_mismatch", "screen_mismatch"),
    ((Channel.ON_SITE,), "Website closed", "website_closed", "website_closed"),
    ((Channel.WHATSAPP,), "Template mismatch", "template_mismatch", "template_mismatch"),
    ((Channel.CONNECTOR,), "Non-200 response", "non_200_response", "non_200_response"),
    ((Channel.FACEBOOK_AUDIENCE, Channel.GOOGLE_ADS_AUDIENCE), "Access Error", "access_error", "access_error"),
    # A reason of one channel means nothing on another, and is spelled like any unknown word.
    (MAIL, "BadDeviceToken", "bad_device_token", "bad_device_token"),
    (MAIL, "101", "101", "101"),
)


@pytest.mark.parametrize(("channels", "word", "name", "key"), WORDS, ids=[f"{row[0][0]}-{row[1]}" for row in WORDS])
def test_what_a_word_means(channels: tuple[Channel, ...], word: str, name: str, key: str) -> None:
    """Codes, vendors' names and guides' words mean one reason, kept under its name and printed under its key."""
    for channel in channels:
        assert reason_name(channel, word) == name
        assert breakdown_key(channel, name) == key


def test_names_and_keys_are_unique_on_a_channel() -> None:
    """On one channel no two rows have the same name, and no two are printed under the same key."""
    names = Counter((channel, reason.name) for reason, channel in ROWS)
    keys = Counter((channel, reason.key) for reason, channel in ROWS)

    assert [pair for pair, times in names.items() if times > 1] == []
    assert [pair for pair, times in keys.items() if times > 1] == []


@pytest.mark.parametrize("channel", Channel)
def test_a_word_means_one_reason_on_a_channel(channel: Channel) -> None:
    """No name, key or alias of a row stands for another row of the same channel."""
    for reason in (reason for reason, on in ROWS if on is channel):
        assert {reason_name(channel, word) for word in (reason.name, reason.key, *reason.aliases)} == {reason.name}


@pytest.mark.parametrize(("reason", "channel"), ROWS, ids=[f"{reason.name}-{channel}" for reason, channel in ROWS])
def test_names_and_keys_are_spelled_like_keys(reason: Reason, channel: Channel) -> None:
    """A row's name and key are in the form of keys, and its name is printed as its key."""
    assert (spell(reason.name), spell(reason.key)) == (reason.name, reason.key)
    assert breakdown_key(channel, reason.name) == reason.key


def test_the_two_keys_of_control_groups_are_those_of_the_contract() -> None:
    """They are spelled as clients know them, "campaing" included."""
    keys = {breakdown_key(Channel.EMAIL, f"{group}_control_group") for group in ("campaign", "global")}

    assert keys == {"user_removed_due_to_campaing_control_group", "user_removed_due_to_global_control_group"}


@pytest.mark.parametrize("word", ["500", " 500 ", "HTTP 500", "http_500", "HTTP-500", "Http500"])
def test_an_answer_of_a_connector_is_named_by_its_status(word: str) -> None:
    """A connector's failure is kept as the HTTP status of the answer, however it is written."""
    assert reason_name(Channel.CONNECTOR, word) == "http_500"
    assert breakdown_key(Channel.CONNECTOR, "http_500") == "http_500"


@pytest.mark.parametrize("status", [201, 202, 204, 206, 301, 302, 404, 501])
def test_every_status_of_a_connector_is_a_status(status: int) -> None:
    """A bare number is the status of the answer on CONNECTOR, also where push has a reason of that number."""
    assert reason_name(Channel.CONNECTOR, str(status)) == f"http_{status}"


@pytest.mark.parametrize("channel", [channel for channel in Channel if channel is not Channel.CONNECTOR])
def test_elsewhere_a_number_is_a_number(channel: Channel) -> None:
    """Only connectors speak HTTP."""
    assert reason_name(channel, "404") == "404"


def test_an_unknown_word_is_printed_as_it_is_kept() -> None:
    """What is not in the catalogue is spelled when it comes in and printed under that spelling."""
    name = reason_name(Channel.EMAIL, " Mailbox Full ")

    assert (name, breakdown_key(Channel.EMAIL, name)) == ("mailbox_full", "mailbox_full")


def test_a_kept_name_that_is_now_an_alias_is_printed_as_it_was_kept() -> None:
    """A row that the ledger keeps under an older word is not moved to another key by a new alias."""
    assert breakdown_key(Channel.EMAIL, "frequency_capping") == "frequency_capping"


WORD = st.one_of(
    st.text(max_size=30),
    st.from_regex(r"[A-Za-z0-9 _./-]{0,30}", fullmatch=True),
    st.sampled_from([word for reason in REASONS for word in (reason.name, reason.key, *reason.aliases)]),
)


@settings(deadline=None)
@given(st.sampled_from(Channel), WORD)
def test_a_name_means_itself(channel: Channel, word: str) -> None:
    """The name of a reason is never empty, and sending it again gives the same name."""
    name = reason_name(channel, word)

    assert name
    assert reason_name(channel, name) == name


@settings(deadline=None)
@given(st.sampled_from(Channel), WORD)
def test_a_printed_key_means_the_reason_that_it_was_printed_for(channel: Channel, word: str) -> None:
    """A key that was read from an answer can be sent as a reason."""
    name = reason_name(channel, word)

    assert reason_name(channel, breakdown_key(channel, name)) == name


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.parametrize("channel", Channel)
def test_the_reasons_of_a_loss(channel: Channel, loss: Loss) -> None:
    """A funnel's stage is about all reasons of its loss that the channel has, and about no other."""
    assert reasons_of(channel, loss) == {row.name for row, on in ROWS if on is channel and row.loss is loss}


def test_every_phase_and_every_loss_occurs() -> None:
    """The vocabularies have no word that no row uses."""
    assert {reason.phase for reason in REASONS} == set(Phase)
    assert {reason.loss for reason in REASONS} == {*Loss, None}


@pytest.mark.parametrize("channel", [channel for channel in Channel if channel is not Channel.PUSH])
def test_a_number_of_push_means_nothing_elsewhere(channel: Channel) -> None:
    """The numbers of push errors are push's own; on another channel a number is not taken for one of them."""
    codes = {reason.push_code for reason, on in ROWS if on is channel and reason.push_code}

    assert not any(reason_name(channel, code) in {reason.name for reason in REASONS} for code in codes)
