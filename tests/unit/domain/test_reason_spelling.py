"""How a reason is spelled that is not in the catalogue."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aftersend.domain.reasons import snake, spell


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("FC Removed", "f_c_removed"),
        ("MoEngage Suppression", "mo_engage_suppression"),
        ("UserWithEmailAfter_HB", "user_with_email_after__h_b"),
        ("UserDeviceWasNotAbleToReproduceTheContent", "user_device_was_not_able_to_reproduce_the_content"),
        ("user removed due to campaing control group", "user_removed_due_to_campaing_control_group"),
        ("Rejected because of DND", "rejected_because_of_d_n_d"),
    ],
)
def test_known_keys_follow_from_their_labels(label: str, expected: str) -> None:
    """The rule gives the keys that clients know from the labels behind them."""
    assert spell(label) == expected


@pytest.mark.parametrize("key", ["f_c_removed", "user_with_email_after__h_b", "http_500", "b_u_c_removed", "x", "7"])
def test_what_is_spelled_already_stays(key: str) -> None:
    """A key is left as it is, its double underscores and numbers included."""
    assert spell(key) == key


@pytest.mark.parametrize("label", ["", " ", "_", "---", "!?", "\n"])
def test_a_label_without_letters_is_unknown(label: str) -> None:
    """Where there is nothing to spell, the reason is called unknown."""
    assert spell(label) == "unknown"


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Zustellung unmöglich", "zustellung_unmöglich"),
        ("Отказано", "отказано"),
        ("Error 550: mailbox full!", "error550_mailbox_full"),
        ("smtp-timeout", "smtp_timeout"),
    ],
)
def test_labels_in_any_language(label: str, expected: str) -> None:
    """Letters of every script stay; what is neither letter nor digit separates words."""
    assert spell(label) == expected


@settings(deadline=None)
@given(st.text(max_size=40))
@example("İstanbul")
@example("ΐ x")
def test_spelling_twice_is_spelling_once(label: str) -> None:
    """The rule leaves what it has spelled as it is, so that a reason read from an answer can be sent again."""
    assert spell(spell(label)) == spell(label)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_a_spelling_is_never_empty_and_never_has_spaces(label: str) -> None:
    """Whatever is sent, the key can stand in an answer."""
    spelled = spell(label)

    assert spelled
    assert not re.search(r"\s", spelled)
    assert not spelled.startswith("_")


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("Message Too Big", "message_too_big"),
        ("BadDeviceToken", "bad_device_token"),
        ("MismatchSenderId", "mismatch_sender_id"),
        ("GIF Failure", "gif_failure"),
        ("FCM Insufficient Permission", "fcm_insufficient_permission"),
        ("Non 200 Response", "non_200_response"),
        ("User not on Android 13 or already opted in", "user_not_on_android_13_or_already_opted_in"),
        ("APNs Client Connection Failed", "apns_client_connection_failed"),
    ],
)
def test_a_providers_own_name_in_snake_case(label: str, expected: str) -> None:
    """Names of providers' errors are spelled word by word."""
    assert snake(label) == expected
