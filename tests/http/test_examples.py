"""The scripts of the documentation work against a real server."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from aftersend import app
from builders import Asker, campaign, message_event

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def run(script: str, *arguments: str) -> list[str]:
    """Run a script and return its lines."""
    command = [sys.executable, "-I", str(EXAMPLES / script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_parents_and_children(asker: Asker) -> None:
    """More campaigns than a page of either path: every child stands below its parent, with its own numbers."""
    yesterday = (app.now() - timedelta(days=1)).isoformat()
    families = {"periodic": "PERIODIC", "business": "BUSINESS_EVENT_TRIGGERED"}
    for parent, delivery_type in families.items():
        asker.put_campaign(parent, campaign(name=f"The {parent}", delivery_type=delivery_type))
        for number in range(8):
            body = campaign(name="A run", delivery_type=delivery_type, parent_campaign_id=parent)
            asker.put_campaign(f"{parent}-{number}", body)
    asker.put_campaign("alone", campaign(name="Welcome"))
    asker.put_campaign("node", campaign(name="A node", flow_id="f"))
    asker.put_campaign("orphan", campaign(name="A run", parent_campaign_id="gone"))
    asker.send(*(message_event(campaign_id="periodic-3", user_id=f"u{n}", time=yesterday) for n in range(5)))

    lines = run("parents_and_children.py", asker.url, asker.workspace_id, asker.secret)

    expected = []
    for parent in families:
        expected.append(f"parent {parent}: The {parent}, sent {5 if parent == 'periodic' else 0}")
        expected += [
            f" child {parent}-{number}: A run, sent {5 if (parent, number) == ('periodic', 3) else 0}"
            for number in range(8)
        ]
    assert lines == [
        *expected,
        "alone  alone: Welcome, sent 0",
        "parent gone: not in the answer; its children are orphan",
    ]


def test_a_key_that_opens_nothing(asker: Asker) -> None:
    """The script says what the server said."""
    command = [sys.executable, "-I", str(EXAMPLES / "parents_and_children.py"), asker.url, asker.workspace_id, "wrong"]

    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("401: ")
