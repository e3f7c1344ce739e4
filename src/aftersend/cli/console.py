"""How commands speak: results on standard output, everything else on standard error."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import typer
from rich.console import Console

from aftersend.errors import AftersendError, Conflict, InvalidRequest

messages = Console(stderr=True, highlight=False, soft_wrap=True)
output = Console(highlight=False, soft_wrap=True, markup=False)
"""For results: names are people's own, and brackets in them are no markup."""


_ENCODER = msgspec.json.Encoder(decimal_format="number")


def print_json(value: object) -> None:
    """Print one JSON object, for people and programs alike."""
    text = msgspec.json.format(_ENCODER.encode(value), indent=2)
    sys.stdout.write(text.decode() + "\n")


@contextmanager
def told(failed: int = 1) -> Iterator[None]:
    """Turn an expected failure into one line and an exit status: `failed`, or 2 where the call was wrong."""
    try:
        yield
    except (InvalidRequest, Conflict) as error:
        _fail(f"{error.field}: {error.message}", 2)
    except AftersendError as error:
        _fail(error.message, failed)
    except KeyboardInterrupt:
        _fail("interrupted", 130)


def _fail(message: str, status: int) -> Any:
    messages.print(f"[bold red]aftersend:[/] {_plain(message)}")
    raise typer.Exit(status)


def _plain(message: str) -> str:
    return message.replace("[", r"\[")
