"""The global control group on the command line."""

import json

import pytest

from cli.desk import Desk


@pytest.mark.parametrize(
    ("option", "mode", "percentage"),
    [("10", "random", 10), ("2.5%", "random", 2.5), ("0", "random", 0), ("uploaded", "uploaded", 0), ("off", "off", 0)],
)
def test_how_a_group_is_chosen(desk: Desk, option: str, mode: str, percentage: float) -> None:
    """A percentage, an uploaded list or nobody: what is set is shown, and other options leave it alone."""
    desk.create_workspace()
    desk.run("workspace", "update", "acme", "--global-control-group", option)

    desk.run("workspace", "update", "acme", "--name", "Acme")

    shown = desk.run("workspace", "show", "acme").json
    assert shown["global_control_group"] == {"mode": mode, "percentage": percentage}


def test_a_list_is_uploaded(desk: Desk) -> None:
    """A file of lines or of JSON is the list; as long as it is not used, that is said beside the result."""
    desk.create_workspace()
    lines, packed = desk.files / "users.csv", desk.files / "users.json"
    lines.write_text("u1\nu2\nu1\n", encoding="utf-8")
    packed.write_text(json.dumps({"users": ["u1"]}), encoding="utf-8")

    first = desk.run("global-control-group", "upload", lines, "--workspace", "acme")
    desk.run("workspace", "update", "acme", "--global-control-group", "uploaded")
    second = desk.run("global-control-group", "upload", packed, "--workspace", "acme")

    assert first.json == {"users": 2, "mode": "off"}
    assert "'aftersend workspace update acme --global-control-group uploaded' uses it" in first.err
    assert (second.json, second.err) == ({"users": 1, "mode": "uploaded"}, "")


REFUSED: tuple[tuple[list[str], int, str], ...] = (
    (["workspace", "update", "acme", "--global-control-group", "101"], 2, "percentage: a percentage is between"),
    (["workspace", "update", "acme", "--global-control-group", "nan"], 2, "--global-control-group: use a percentage"),
    (["workspace", "update", "acme", "--global-control-group", "some"], 2, "--global-control-group: use a percentage"),
    (["global-control-group", "upload", "nowhere.csv", "--workspace", "acme"], 2, "FILE: nowhere.csv cannot be read"),
    (["global-control-group", "upload", "bad.csv", "--workspace", "acme"], 2, "line 2: one user id a line"),
    (["global-control-group", "upload", "bad.csv", "--workspace", "nobody"], 1, "there is no workspace 'nobody'"),
)


@pytest.mark.parametrize(("words", "status", "told"), REFUSED, ids=[row[2] for row in REFUSED])
def test_a_mistake_is_told_in_one_line(desk: Desk, words: list[str], status: int, told: str) -> None:
    """What cannot be done is said in a line that names the field and what to do; nothing is printed as a result."""
    desk.create_workspace()
    (desk.files / "bad.csv").write_text("u1\nu2,u3\n", encoding="utf-8")

    said = desk.run(*words, status=status)

    assert said.err.startswith(f"aftersend: {told}")
    assert said.out == ""
