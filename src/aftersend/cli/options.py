"""Options that several commands share, and the settings they make."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from aftersend.errors import InvalidRequest
from aftersend.settings import Settings, read_settings

Data = Annotated[Path | None, typer.Option("--data", help="The data folder. [env AFTERSEND_DATA, ./aftersend-data]")]
RegistryUrl = Annotated[str | None, typer.Option("--registry", help="The registry's address, as SQLAlchemy spells it.")]
StoreUrl = Annotated[str | None, typer.Option("--store", help="The ledger's address, chdb:///folder.")]
WorkspaceId = Annotated[str, typer.Option("--workspace", help="The workspace.")]


def settings_from(**given: Any) -> Settings:
    """Read the settings from the environment and the options that were given."""
    return read_settings(os.environ, **given)


def read_file(file: Path) -> bytes:
    """Read the file that was given."""
    try:
        return file.read_bytes()
    except OSError as error:
        raise InvalidRequest(f"{file} cannot be read: {error.strerror}", "FILE") from error
