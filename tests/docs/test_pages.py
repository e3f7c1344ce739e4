"""The documents are in step with the program."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from builders import Asker, Json

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_generated_pages_are_fresh() -> None:
    """No reference page is behind the tables that it is generated from."""
    made = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, text=True, check=False
    )

    assert (made.returncode, made.stderr) == (0, "")


def test_links_lead_somewhere() -> None:
    """Every relative link of every page leads to a file."""
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("bench/*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_decision_is_listed() -> None:
    """The index of decisions names every page beside it."""
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text(encoding="utf-8")

    pages = sorted(page.name for page in folder.glob("0*.md"))

    assert pages == re.findall(r"\((0[^)]+)\)", index)


def test_every_command_is_in_the_readme() -> None:
    """The table of commands names every command of the program."""
    shown = subprocess.run(
        [sys.executable, "-m", "aftersend", "--help"], capture_output=True, text=True, check=True
    ).stdout

    commands = set(re.findall(r"^│ ([a-z]+) ", shown, re.MULTILINE))

    assert len(commands) >= 11
    table = README[README.index("## The command line") :]
    assert {
        command for command in commands if f"`aftersend {command}" not in table and f"`{command}`" not in table
    } == set()


def _bodies() -> list[str]:
    return re.findall(r"-d '(.*?)'(?:\n|$)", README, re.DOTALL)


def test_the_steps_of_the_readme_work(asker: Asker) -> None:
    """The campaign, the events and the question of the README give the receipt and the numbers that they should."""
    registered, events, question, bought = map(json.loads, _bodies())
    receipt = json.loads(README[README.index('{"accepted"') :].split("\n", 1)[0])

    assert asker.put_campaign("welcome", registered).status_code == 200
    assert asker.send(*events) == receipt
    assert asker.send(*bought, path="/v1/user-events")["accepted"] == 1
    answer = asker.ask(question)

    assert answer.status_code == 200
    tree: Json = answer.json()["data"]["welcome"][0]["platforms"]["EMAIL"]["locales"]["all_locales"]["variations"]
    stats = tree["all_variations"]["performance_stats"]
    assert (stats["sent"], stats["delivered"], stats["opened"], stats["open_rate"]) == (1, 1, 1, 100)
    goal = tree["all_variations"]["conversion_goal_stats"]["First order"]
    assert (goal["conversions"], goal["cvr"], goal["revenue"]) == (1, 100, 49.9)


@pytest.mark.parametrize("folder", ["src", "tests", "bench", "docs", ".ci"])
def test_nothing_names_a_machine(folder: str) -> None:
    """No tracked text names a folder of the machine that it was written on."""
    home = re.compile(r"(?<![\w.])/(?:work|home|root)/")
    for file in (ROOT / folder).rglob("*"):
        if file.is_file() and file.suffix in {".py", ".md", ".sh", ".sql", ".json", ".toml", ""}:
            assert not home.search(file.read_text(encoding="utf-8", errors="ignore")), file
