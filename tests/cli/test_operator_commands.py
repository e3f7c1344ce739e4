"""What operators use: doctor, migrate, settings, openapi, and what the command says about itself."""

import json
import os
from importlib.metadata import version

from aftersend.api.document import api_document
from builders import message_event
from cli.desk import Desk, Serving

COMMANDS = "serve demo workspace key campaign load stats migrate doctor settings openapi"


def test_the_command_says_what_it_can_do(desk: Desk) -> None:
    """The version, the list of commands, and the list again for whoever names none."""
    helped = desk.run("--help").out

    assert desk.run("--version").out == f"aftersend {version('aftersend')}\n"
    assert all(name in helped for name in COMMANDS.split())
    assert desk.run(status=2).out.strip() == helped.strip()
    assert "No such command" in desk.run("fly", status=2).err
    assert not desk.data.exists()


def test_doctor_finds_a_healthy_folder(desk: Desk) -> None:
    """Each check says what it has found, and all is well; a variable that may be misspelt is named."""
    desk.create_workspace()
    desk.load(desk.write("events.ndjson", message_event(channel="EMAIL")))

    said = desk.run("doctor", AFTERSEND_PROT="1", AFTERSEND_KEY="x")

    assert said.out.count("│ ok") == 6
    assert "1 workspaces" in said.out
    assert "1 events, each with its identity in the index; no server runs" in said.out
    assert "not settings, perhaps misspelt: AFTERSEND_PROT" in said.out
    assert "AFTERSEND_KEY" not in said.out


def test_doctor_finds_a_running_server(served_desk: Desk, serving: Serving) -> None:
    """While a server owns the folder, it is asked."""
    assert f"a server is ready at {serving.url}" in served_desk.run("doctor").out


def test_doctor_finds_what_is_wrong(desk: Desk) -> None:
    """A check that fails says why, the others are made all the same, and the command fails."""
    desk.data.mkdir()
    (desk.data / "registry.sqlite3").write_text("not a database" * 1000)
    (desk.data / "ledger").write_text("not a folder")

    said = desk.run("doctor", status=1)

    assert said.out.count("│ bad") == 2
    assert said.out.count("│ ok") == 4
    assert "the registry cannot be used right now" in said.out


def test_doctor_tells_a_setting_that_cannot_be_used(desk: Desk) -> None:
    """A setting that cannot be read is told with its variable before anything is checked."""
    assert "aftersend: AFTERSEND_PORT: " in desk.run("doctor", status=1, AFTERSEND_PORT="many").err


def test_migrate_says_what_it_has_applied(desk: Desk) -> None:
    """The first time every step is applied, and then none."""
    first, second = desk.run("migrate").json["applied"], desk.run("migrate").json["applied"]

    assert first["registry"] == ["0001", "0002", "0003", "0005"]
    assert [step.split()[0] for step in first["ledger"]] == [f"{n + 1:04}" for n in range(len(first["ledger"]))]
    assert second == {"registry": [], "ledger": []}


def test_migrate_leaves_a_served_folder_alone(served_desk: Desk) -> None:
    """A folder that a server owns is not migrated under it."""
    assert "is in use by another process" in served_desk.run("migrate", status=1).err


def test_settings_are_listed(desk: Desk) -> None:
    """Every setting is shown with its value; a password in an address is not."""
    said = desk.run(
        "settings", AFTERSEND_PORT="9999", AFTERSEND_REGISTRY="postgresql+psycopg://me:hush@db/x", COLUMNS="80"
    )

    assert "AFTERSEND_FAILED_SIGN_INS_PER_MINUTE" in said.out
    assert "9999" in said.out
    assert "hush" not in said.out


def test_the_document_is_printed(desk: Desk) -> None:
    """`openapi` prints the document that a server serves."""
    assert desk.run("openapi").json == json.loads(json.dumps(api_document()))


def test_a_folder_that_cannot_be_used(desk: Desk) -> None:
    """A place that cannot be a data folder is named, whatever the command."""
    desk.data.write_text("a file")

    for words in (["workspace", "list"], ["migrate"], ["serve", "--port", "0"]):
        assert f"the data folder {desk.data} cannot be used: " in desk.run(*words, status=1).err


def test_a_folder_of_somebody_else(desk: Desk) -> None:
    """The data folder is its owner's alone: others cannot read keys or events."""
    desk.create_workspace()

    assert os.stat(desk.data).st_mode & 0o077 == 0
