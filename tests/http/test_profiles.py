"""The two spellings of an answer, cell by cell, on whole bodies that are kept in `golden/`.

The numbers in the ids of the tests are those of the sections of the wire contract: 1.7 keys of platforms, locales and
variations, 1.8 metrics, 1.9 goals, 7 resolutions. What is expected is written out here and not taken from the product.
`WRITE_GOLDEN=1` writes the files anew; look at every line that changes.
"""

import json
import os
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

import golden_history as history
from agreement.sending import difference, read
from agreement.vocabulary import CHANNELS
from builders import NOON, STATS, Asker, Json
from golden_history import METRIC_TYPES, PROFILES
from oracle import answer
from server import Server

BODIES = [(profile, channel, metric) for profile in PROFILES for channel in CHANNELS for metric in METRIC_TYPES]


class Answers:
    """The answers about the history, each asked for once."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._bodies: dict[tuple[str, str, str], str] = {}

    def body(self, profile: str, channel: str, metric_type: str = "TOTAL") -> str:
        """Return the body of an answer as it came."""
        key = profile, channel, metric_type
        if key not in self._bodies:
            headers = {"MOE-APPKEY": self._asker.workspace_id, "X-Stats-Profile": profile}
            asked = history.request(channel, metric_type)
            found = self._asker.request("POST", STATS, json=asked, headers=headers)
            assert found.status_code == 200, found.text
            self._bodies[key] = found.text
        return self._bodies[key]

    def platforms(self, profile: str, channel: str, metric_type: str = "TOTAL") -> Json:
        """Return the platforms of an answer."""
        body: Json = read(self.body(profile, channel, metric_type).encode())
        found: Json = body["data"][channel][0]["platforms"]
        return found

    def nodes(self, profile: str, channel: str, metric_type: str = "TOTAL") -> Iterator[tuple[str, Json]]:
        """Yield every variation of an answer with its node."""
        for platform in self.platforms(profile, channel, metric_type).values():
            for locale in platform["locales"].values():
                yield from locale["variations"].items()


@pytest.fixture(scope="module")
def answers(server: Server) -> Answers:
    """The history, sent to a workspace of its own."""
    asker = server.create_workspace("golden", "UTC")
    for campaign in history.campaigns():
        assert asker.put_campaign(campaign["id"], campaign).status_code == 200
    for path, events in (("message", history.message_events()), ("user", history.user_events())):
        assert asker.send(*events, path=f"/v1/{path}-events")["rejected"] == []
    return Answers(asker)


@pytest.mark.parametrize(("profile", "channel", "metric_type"), BODIES)
def test_the_whole_body_is_the_golden_one(answers: Answers, profile: str, channel: str, metric_type: str) -> None:
    """Every key and number of a body, in its order, and no key beside them."""
    file = history.file_of(profile, channel, metric_type)
    body = json.loads(answers.body(profile, channel, metric_type), parse_float=Decimal)
    if os.environ.get("WRITE_GOLDEN"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(history.written(json.loads(answers.body(profile, channel, metric_type))) + "\n", "utf-8")

    golden = json.loads(file.read_text("utf-8"), parse_float=Decimal)

    assert difference(body, golden) is None
    assert json.dumps(body, default=str) == json.dumps(golden, default=str)


@pytest.mark.parametrize(("profile", "channel", "metric_type"), BODIES)
def test_the_oracle_gives_the_golden_body(profile: str, channel: str, metric_type: str) -> None:
    """What was kept is what the oracle computes, so a file cannot keep a mistake of the server."""
    events = [{"campaign_id": "", **one, "workspace_id": "w"} for one in history.message_events()]
    events += [{"campaign_id": "", **one, "workspace_id": "w"} for one in history.user_events()]
    known = {"id": "w", "timezone": "UTC"}

    expected = answer(known, history.campaigns(), events, history.request(channel, metric_type), profile)

    assert difference(read(history.file_of(profile, channel, metric_type).read_bytes()), expected) is None


def _in_both(*rows: tuple[Any, ...]) -> list[Any]:
    """Make two cells of every row: section, name, facts, what is documented, what is live."""
    cells = []
    for section, name, *facts, documented, live in rows:
        for profile, expected in (("documented", documented), ("live", live)):
            label = f"{section} {name}, {profile}".replace(" ", "_")
            cells.append(pytest.param(profile, *facts, expected, id=label))
    return cells


@pytest.mark.parametrize(
    ("profile", "channel", "expected"),
    _in_both(
        # 7.1 is the case of real platforms, 7.3 the aggregate beside them; a channel without any has its own name.
        ("1.7+7.1+7.3", "platforms of PUSH", "PUSH", ["android", "unknown"], ["ANDROID", "UNKNOWN", "ALL_PLATFORMS"]),
        ("1.7+7.1+7.3", "platforms of IN_APP", "IN_APP", ["android", "ios"], ["ANDROID", "IOS", "ALL_PLATFORMS"]),
        ("1.7+7.1+7.3", "platforms of ON_SITE", "ON_SITE", ["web", "mweb"], ["WEB", "MWEB", "ALL_PLATFORMS"]),
        (
            *("1.7+7.1+7.3", "platforms of WEB_PERSONALIZATION", "WEB_PERSONALIZATION"),
            *(["web", "mweb"], ["WEB", "MWEB", "ALL_PLATFORMS"]),
        ),
        *(
            ("1.7+7.3", f"channel {channel} as a platform", channel, [named], [named, "ALL_PLATFORMS"])
            for channel, named in (
                *((channel, channel) for channel in ("EMAIL", "SMS", "WHATSAPP", "RCS", "CARDS")),
                *(("CONNECTOR", "CONNECTORS"), ("FACEBOOK_AUDIENCE", "FACEBOOK")),
                ("GOOGLE_ADS_AUDIENCE", "GOOGLE ADS"),
            )
        ),
    ),
)
def test_platforms(answers: Answers, profile: str, channel: str, expected: list[str]) -> None:
    """The keys of the platforms that something happened on, and of all of them together where that is printed."""
    assert list(answers.platforms(profile, channel)) == expected


@pytest.mark.parametrize(
    ("profile", "expected"),
    _in_both(("1.7+7.1", "the five platforms of PUSH", "android ios web mweb unknown", "ANDROID IOS WEB MWEB UNKNOWN")),
)
def test_every_real_platform(asker: Asker, profile: str, expected: str) -> None:
    """All five platforms of push are in lower case, or in upper case."""
    asker.put_campaign("c1", {"name": "All", "channel": "PUSH", "platforms": ["ANDROID", "IOS", "WEB", "MWEB"]})
    asker.send({"event_id": "e1", "kind": "sent", "campaign_id": "c1", "user_id": "u1", "time": NOON})
    asked = history.request("c1", "TOTAL")

    found = asker.ask(asked, X_Stats_Profile=profile).json()["data"]["c1"][0]["platforms"]

    assert list(found)[:5] == expected.split()


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("profile", "expected"), _in_both(("1.7+7.2", "aggregate of locales", "all_locales", "all_locale"))
)
def test_locales(answers: Answers, profile: str, channel: str, expected: str) -> None:
    """The aggregate in the plural or the singular, never both; then the unnamed locale, then named ones."""
    named = ["de"] if channel in history.WITH_NAMES else []

    for platform in answers.platforms(profile, channel).values():
        assert list(platform["locales"]) == [expected, "default", *named]


GROUPS = ["campaign_control_group", "global_control_group"]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("profile", "expected"),
    _in_both(("1.7", "control groups beside all_variations", GROUPS, [*GROUPS, "control_group"])),
)
def test_variations(answers: Answers, profile: str, channel: str, expected: list[str]) -> None:
    """The aggregate, the unnamed variation, named ones, and under the aggregate locale the control groups."""
    named = ["variation_2"] if channel in history.WITH_NAMES else []

    for platform in answers.platforms(profile, channel).values():
        aggregate, *others = [locale["variations"] for locale in platform["locales"].values()]
        assert list(aggregate)[: 2 + len(named)] == ["all_variations", "variation_1", *named]
        assert set(aggregate) - {"all_variations", "variation_1", *named} == set(expected)
        assert all(list(one) == ["all_variations", "variation_1", *named] for one in others)
        assert aggregate.get("control_group", {}) == {}


LETTERS = "P E S R W I O K X C F G"
CHANNELS_OF_LETTERS = dict(
    zip(
        LETTERS.split(),
        (
            *("PUSH", "EMAIL", "SMS", "RCS", "WHATSAPP", "IN_APP", "ON_SITE", "CARDS"),
            *("WEB_PERSONALIZATION", "CONNECTOR", "FACEBOOK_AUDIENCE", "GOOGLE_ADS_AUDIENCE"),
        ),
        strict=True,
    )
)
METRICS = [
    # The key, its channels by letter (RCS counts what SMS does, and reads), documented, live, and whether it is a rate.
    ("attempted", "P E S R C F G", "attempted", "attempted", False),
    ("sent", "P E S R C F K W", "sent", "sent", False),
    ("failed", "E S R P C", "failed", "failed", False),
    ("bounced", "E", "bounced", "bounce", False),
    ("impression", "P I O K X", "impression", "impression", False),
    ("click", "E S R I W O K X P", "click", "click", False),
    ("opened", "E", "opened", "open", False),
    ("adjusted opens", "E", None, "adjusted_open", False),
    ("adjusted ctor", "E", None, "adjusted_ctor", True),
    ("delivered", "E S R K W", "delivered", "delivered", False),
    ("read", "W R", "read", "read", False),
    ("closed_click", "I O X", "closed_click", "closed_click", False),
    ("unsubscribe", "E", "unsubscribe", "unsubscribe", False),
    ("ctr", "X E S R I O K C W P", "ctr", "ctr", True),
    ("delivery_rate", "E S R K W P", "delivery_rate", "delivery_rate", True),
    ("read_rate", "W R", "read_rate", "read_rate", True),
    ("successfully_synced", "F G", "successfully_synced", "successfully_synced", False),
    ("sent_rate", "C E P S R", "sent_rate", "sent_rate", True),
    ("failure_rate", "C P S R", "failure_rate", "failure_rate", True),
    ("failure_rate of e-mail", "E", "failure_rate", "failed_rate", True),
    ("eligible_users", "F G", "eligible_users", "eligible_users", False),
    ("complaint", "E", "complaint", "complaint", False),
    ("hard_bounce", "E", "hard_bounce", "hard_bounce", False),
    ("soft_bounce", "E", "soft_bounce", "soft_bounce", False),
    ("open_rate", "E", "open_rate", "open_rate", True),
    ("ctor", "E", "ctor", "ctor", True),
    ("unsub_rate", "E", "unsub_rate", "unsub_rate", True),
    ("bounce_rate", "E", "bounce_rate", "bounce_rate", True),
    ("complaints_rate", "E", "complaints_rate", "complaints_rate", True),
    ("device_start", "P", None, "device_start", False),
]
SECTIONS = {"opened": "1.8+7.4", "ctr": "1.8+7.6"}


@pytest.mark.parametrize(
    ("profile", "channels", "rate", "key"),
    _in_both(
        *(
            (SECTIONS.get(name, "1.8"), name, channels, rate, documented, live)
            for name, channels, documented, live, rate in METRICS
        )
    ),
)
def test_metrics(answers: Answers, profile: str, channels: str, rate: bool, key: str | None) -> None:
    """A metric stands under its key in every node of its channels but those of control groups; a count is whole."""
    if key is None:
        other = {live for name, _, documented, live, _ in METRICS if documented is None}
        assert not any(other & set(node.get("performance_stats", ())) for _, node in _all(answers, profile))
        return
    for letter in channels.split():
        for name, node in answers.nodes(profile, CHANNELS_OF_LETTERS[letter]):
            if "control_group" in name:
                assert "performance_stats" not in node
            else:
                found = node["performance_stats"][key]
                assert isinstance(found, int) or (rate and isinstance(found, Decimal))


def _all(answers: Answers, profile: str) -> Iterator[tuple[str, Json]]:
    for channel in CHANNELS:
        yield from answers.nodes(profile, channel)


@pytest.mark.parametrize("letter", CHANNELS_OF_LETTERS)
@pytest.mark.parametrize("profile", PROFILES)
def test_no_other_metrics(answers: Answers, profile: str, letter: str) -> None:
    """1.8, the channels column: a channel has the metrics whose row names it, and none beside them."""
    rows = [row for row in METRICS if letter in row[1].split()]
    expected = {row[2 if profile == "documented" else 3] for row in rows} - {None}

    for name, node in answers.nodes(profile, CHANNELS_OF_LETTERS[letter]):
        assert "control_group" in name or set(node["performance_stats"]) == expected


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("profile", PROFILES)
def test_no_metric_is_always_nothing(answers: Answers, profile: str, channel: str) -> None:
    """1.8: the history moves every metric of every channel, so that a wrong column would show."""
    stats = [
        next(iter(platform["locales"].values()))["variations"]["all_variations"]["performance_stats"]
        for platform in answers.platforms(profile, channel).values()
    ]

    assert [key for key in stats[0] if not any(one[key] for one in stats)] == []


GOAL_FIELDS = (
    *("conversions", "cvr", "uplift", "goal_name", "total", "unique", "revenue"),
    *("average_order_value", "average_revenue_per_user", "gcg_uplift"),
)


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("profile", "expected"),
    _in_both(("1.9+7.5+7.27", "fields of a goal", GOAL_FIELDS, (*GOAL_FIELDS, "name"))),
)
def test_goals(answers: Answers, profile: str, channel: str, expected: tuple[str, ...]) -> None:
    """Every goal stands under its name in every node, control groups included, with all fields in both profiles."""
    for name, node in answers.nodes(profile, channel):
        if name == "control_group":
            continue
        assert list(node["conversion_goal_stats"]) == ["Goal 1"]
        goal = node["conversion_goal_stats"]["Goal 1"]
        assert tuple(goal) == expected
        assert {goal["goal_name"], goal.get("name", "Goal 1")} == {"Goal 1"}
        if "control_group" in name:
            assert (goal["uplift"], goal["gcg_uplift"]) == (0, 0)


@pytest.mark.parametrize("metric_type", METRIC_TYPES)
@pytest.mark.parametrize("profile", PROFILES)
def test_figures_of_a_goal(answers: Answers, profile: str, metric_type: str) -> None:
    """1.9: Ann's two purchases, by hand: of 2 openers one converts; of 1 held-out user one does."""
    aggregate = "all_locales" if profile == "documented" else "all_locale"
    nodes = answers.platforms(profile, "EMAIL", metric_type)["EMAIL"]["locales"][aggregate]["variations"]
    goal, of_group = (
        nodes[name]["conversion_goal_stats"]["Goal 1"] for name in ("all_variations", "campaign_control_group")
    )

    names = {"goal_name": "Goal 1"} | ({"name": "Goal 1"} if profile == "live" else {})
    money = {"revenue": Decimal("30.5"), "average_order_value": Decimal("15.25")}
    assert goal == names | money | {
        "conversions": 2 if metric_type == "TOTAL" else 1,
        "total": 2,
        "unique": 1,
        "cvr": 50,
        "uplift": -50,
        "gcg_uplift": 0,
        "average_revenue_per_user": Decimal("30.5"),
    }
    assert (of_group["conversions"], of_group["cvr"], of_group["revenue"]) == (1, 100, 5)


@pytest.mark.parametrize("named", [None, *PROFILES])
@pytest.mark.parametrize("set_to", PROFILES)
def test_how_a_profile_is_chosen(new_workspace: Callable[..., Asker], set_to: str, named: str | None) -> None:
    """1.7: by the workspace, and for one call by the header `X-Stats-Profile`."""
    asker = new_workspace("UTC", set_to)
    asker.put_campaign("PUSH", history.campaigns()[0] | {"platforms": ["ANDROID"]})
    headers = {"X_Stats_Profile": named} if named else {}

    found = asker.ask(history.request("PUSH", "TOTAL"), **headers).json()["data"]["PUSH"][0]["platforms"]

    chosen = named or set_to
    assert list(found) == (["android"] if chosen == "documented" else ["ANDROID", "ALL_PLATFORMS"])
