"""Parents and children in the registry."""

from aftersend.domain.campaigns import Campaign
from aftersend.domain.channels import Channel
from aftersend.registry.registry import Registry
from objects import a_campaign
from unit.registry.opening import opened, opened_twice, sees


def _put(registry: Registry, *names: str) -> None:
    """Register campaigns: each is written as "child<parent", or alone."""
    for name in names:
        child, _, parent = name.partition("<")
        registry.campaigns.put("w1", a_campaign(child, parent_campaign_id=parent or None))


def _drafted(campaign_id: str, parent: str | None = None, channel: Channel = Channel.EMAIL) -> Campaign:
    return a_campaign(campaign_id, channel, parent_campaign_id=parent, drafted=True)


def test_a_family_is_itself_its_children_and_theirs(registry_url: str) -> None:
    """Whoever has children is a parent; others are not named, and neither are strangers' campaigns."""
    with opened(registry_url, "w1", "w2") as registry:
        _put(registry, "c<b", "b<a", "d<a", "a", "alone", "orphan<nobody")
        registry.campaigns.put("w2", a_campaign("e", parent_campaign_id="a"))

        found = registry.campaigns.families("w1", ["a", "b", "c", "alone", "orphan", "unknown"])

        assert found == {"a": ("a", "b", "c", "d"), "b": ("b", "c")}
        assert registry.campaigns.families("w1", ["a", "alone"]) == {"a": ("a", "b", "c", "d")}


def test_more_campaigns_than_one_statement_takes(registry_url: str) -> None:
    """Many campaigns are asked about in portions, and each keeps its family."""
    with opened(registry_url, "w1") as registry:
        registry.campaigns.register_drafts(
            "w1",
            [_drafted(f"c{number}", f"p{number % 2}") for number in range(1100)] + [_drafted("p0"), _drafted("p1")],
        )

        found = registry.campaigns.families("w1", [f"c{number}" for number in range(1100)] + ["p0", "p1"])

        assert {parent: len(family) for parent, family in found.items()} == {"p0": 551, "p1": 551}


def test_a_change_by_somebody_else_is_seen(registry_url: str) -> None:
    """What is remembered of families is forgotten when anybody changes the registry."""
    with opened_twice(registry_url, "w1") as (one, other):
        _put(one, "a", "b<a")
        before = one.campaigns.families("w1", ["a"])
        _put(other, "b", "c<a")

        assert before == {"a": ("a", "b")}
        assert sees(registry_url, lambda: one.campaigns.families("w1", ["a"]) == {"a": ("a", "c")})


def test_a_draft_takes_its_first_parent(registry_url: str) -> None:
    """A parent that is named later is taken while there is none, and not in place of another."""
    with opened(registry_url, "w1") as registry:
        for parent in (None, "p", "q", None):
            assert registry.campaigns.register_drafts("w1", [_drafted("c", parent)]) == {}

        found = registry.campaigns.get("w1", "c")
        assert (found.parent_campaign_id, found.drafted) == ("p", True)


def test_whoever_registers_a_campaign_decides(registry_url: str) -> None:
    """A campaign that was put keeps its family, whatever events name; it is no draft of events any more."""
    with opened(registry_url, "w1") as registry:
        registry.campaigns.register_drafts("w1", [_drafted("c")])
        _put(registry, "c")
        registry.campaigns.register_drafts("w1", [_drafted("c", "p")])

        found = registry.campaigns.get("w1", "c")
        assert (found.parent_campaign_id, found.drafted) == (None, False)


def test_drafts_that_cannot_be(registry_url: str) -> None:
    """A parent or a child on another channel and a circle are told, and nothing of them is registered."""
    with opened(registry_url, "w1") as registry:
        _put(registry, "mail", "run<wanted")
        drafts = [
            _drafted("text", "mail", Channel.SMS),
            _drafted("wanted", None, Channel.SMS),
            _drafted("wanted", "run"),
            _drafted("fine", "mail"),
        ]

        refused = registry.campaigns.register_drafts("w1", drafts)

        assert {key: problem.field for key, problem in refused.items()} == {
            ("text", "mail"): "parent_campaign_id",
            ("wanted", None): "channel",
            ("wanted", "run"): "parent_campaign_id",
        }
        assert list(registry.campaigns.find("w1", ["text", "wanted", "fine"])) == ["fine"]
