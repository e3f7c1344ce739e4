"""The settings: read from a mapping, what is given on the command line first, every problem told at once."""

from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import pytest

from aftersend.errors import Misconfigured
from aftersend.settings import PREFIX, Settings, read_settings, unknown_variables

EXAMPLES: dict[str, tuple[str, Any]] = {
    "DATA": ("/srv/aftersend", Path("/srv/aftersend")),
    "HOST": ("0.0.0.0", "0.0.0.0"),
    "PORT": ("9000", 9000),
    "STORE": ("chdb:///srv/ledger", "chdb:///srv/ledger"),
    "REGISTRY": ("postgresql+psycopg://db/registry", "postgresql+psycopg://db/registry"),
    "LIMITS": ("redis://cache:6379", "redis://cache:6379"),
    "FAILED_SIGN_INS_PER_MINUTE": ("5", 5),
    "BODY_MEMORY_MIB": ("64", 64),
    "SEAL_LEAST_EVENTS": ("100", 100),
    "SEAL_CALM_SECONDS": ("0.5", 0.5),
    "DATA_CENTERS": ("01, 101", ("01", "101")),
    "DATA_CENTER_HOSTS": (
        "01=stats.example.com, 02=10.0.0.2:8600",
        {"01": "stats.example.com", "02": "10.0.0.2:8600"},
    ),
    "REPORT_DISK_MIB": ("100", 100),
    "REPORT_CONTENT_TYPE": ("application/gzip", "application/gzip"),
    "LOG_FORMAT": ("text", "text"),
    "LOG_LEVEL": ("debug", "debug"),
}
"""For every setting: how it is written in the environment, and what is read."""


def _read(**variables: str) -> Settings:
    return read_settings({PREFIX + name: text for name, text in variables.items()})


def test_without_anything_there_are_defaults() -> None:
    """A server on this machine, on its own folder, is what comes without settings."""
    settings = read_settings({})

    assert (settings.data, settings.host, settings.port) == (Path("aftersend-data"), "127.0.0.1", 8600)
    assert (settings.store, settings.registry, settings.limits) == (None, None, "memory://")
    assert settings == Settings()


def test_every_setting_is_read_from_its_variable() -> None:
    """Each field has a variable of its own name, and the example of each is read as its type."""
    assert {row.name.upper() for row in fields(Settings)} == set(EXAMPLES)

    settings = _read(**{name: text for name, (text, _) in EXAMPLES.items()})

    assert {row.name.upper(): getattr(settings, row.name) for row in fields(Settings)} == {
        name: value for name, (_, value) in EXAMPLES.items()
    }


def test_every_setting_says_what_it_means() -> None:
    """The settings list and the reference page are made of these sentences."""
    assert all(row.metadata["meaning"].endswith(".") for row in fields(Settings))


def test_what_is_given_wins() -> None:
    """An option of the command line goes before the environment, also where that cannot be used."""
    assert read_settings({"AFTERSEND_PORT": "1"}, port=2).port == 2
    assert read_settings({"AFTERSEND_PORT": "no number"}, port=2).port == 2


def test_an_option_that_was_left_out_is_not_given() -> None:
    """None stands for an option that nobody used."""
    assert read_settings({"AFTERSEND_HOST": "::1"}, host=None, port=None).host == "::1"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "no number"),
        ("PORT", "-1"),
        ("PORT", "65536"),
        ("PORT", "80.5"),
        ("PORT", ""),
        ("FAILED_SIGN_INS_PER_MINUTE", "0"),
        ("FAILED_SIGN_INS_PER_MINUTE", "many"),
        ("BODY_MEMORY_MIB", "0"),
        ("BODY_MEMORY_MIB", "-5"),
        ("SEAL_LEAST_EVENTS", "0"),
        ("SEAL_CALM_SECONDS", "-1"),
        ("SEAL_CALM_SECONDS", "nan"),
        ("SEAL_CALM_SECONDS", "inf"),
        ("LOG_FORMAT", "xml"),
        ("DATA_CENTERS", ""),
        ("DATA_CENTERS", "01,07"),
        ("DATA_CENTER_HOSTS", "stats.example.com"),
        ("DATA_CENTER_HOSTS", "07=stats.example.com"),
        ("DATA_CENTER_HOSTS", "01=https://stats.example.com/"),
        ("STORE", "clickhouse://host"),
        ("STORE", "/srv/ledger"),
    ],
)
def test_a_value_that_cannot_be_used(name: str, text: str) -> None:
    """A bad value is told with its variable."""
    with pytest.raises(Misconfigured, match=f"^{PREFIX}{name}: "):
        _read(**{name: text})


@pytest.mark.parametrize(("name", "text"), [("PORT", "0"), ("PORT", "65535"), ("BODY_MEMORY_MIB", "1")])
def test_the_bounds_are_allowed(name: str, text: str) -> None:
    """The smallest and the greatest value can be used."""
    assert getattr(_read(**{name: text}), name.lower()) == int(text)


def test_every_problem_is_told_at_once() -> None:
    """Nobody has to start a server three times to mend three mistakes."""
    with pytest.raises(Misconfigured) as caught:
        _read(PORT="x", LOG_FORMAT="x", BODY_MEMORY_MIB="0", STORE="x")

    for name in ("PORT", "LOG_FORMAT", "BODY_MEMORY_MIB", "STORE"):
        assert f"AFTERSEND_{name}: " in caught.value.message


def test_other_variables_are_not_settings() -> None:
    """What does not begin with the prefix, or is spelled in lower case, is somebody else's."""
    assert read_settings({"PORT": "1", "aftersend_port": "2", "XAFTERSEND_PORT": "3"}) == Settings()


def test_variables_that_may_be_misspelt() -> None:
    """What has the prefix but is no setting is found, in order."""
    environment = {"AFTERSEND_PROT": "1", "AFTERSEND_PORT": "1", "PATH": "x", "AFTERSEND_": "y"}

    assert unknown_variables(environment) == ["AFTERSEND_", "AFTERSEND_PROT"]
    assert read_settings(environment).port == 1


def test_the_variable_of_an_option_is_not_misspelt() -> None:
    """AFTERSEND_KEY is how commands are given the key of a server elsewhere."""
    assert unknown_variables({"AFTERSEND_KEY": "secret"}) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), Path("aftersend-data/ledger")),
        (Settings(data=Path("/srv/a")), Path("/srv/a/ledger")),
        (Settings(store="chdb:///fast/disk"), Path("/fast/disk")),
        (Settings(store="chdb://beside"), Path("beside")),
    ],
)
def test_the_folder_of_the_ledger(settings: Settings, expected: Path) -> None:
    """The ledger is in the data folder unless its address says otherwise."""
    assert settings.ledger_folder == expected


def test_settings_cannot_be_changed() -> None:
    """What was read at the start holds until the end."""
    with pytest.raises(FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]
