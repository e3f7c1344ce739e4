"""A server for tests: the real application, answering HTTP on a port of this machine."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from aftersend import app
from aftersend.api.site import create_site
from aftersend.domain.profiles import ProfileName
from aftersend.domain.workspaces import Scope, Workspace
from aftersend.settings import read_settings
from builders import Asker


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, the parts behind it, and the folder of its ledger."""

    url: str
    parts: app.Parts
    folder: Path

    def create_workspace(self, workspace_id: str, timezone: str = "UTC", profile: str = "documented") -> Asker:
        """Create a workspace and return somebody who may do everything in it."""
        created = Workspace(workspace_id, workspace_id, timezone, ProfileName(profile), "01", frozenset(), app.now())
        self.parts.registry.workspaces.create(created)
        return Asker(self.url, workspace_id, self.create_key(workspace_id, Scope.ADMIN))

    def create_key(self, workspace_id: str, *scopes: Scope) -> str:
        """Create a key and return its secret."""
        _, secret = self.parts.registry.keys.create(workspace_id, scopes, "test")
        return secret


@contextmanager
def running(folder: Path) -> Iterator[Server]:
    """Serve on a free port for the block."""
    settings = read_settings({}, data=folder, log_level="error", failed_sign_ins_per_minute=1_000_000)
    app.configure_logs(settings)
    with app.open_parts(settings) as parts:
        config = uvicorn.Config(
            create_site(parts.services), host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield Server(f"http://127.0.0.1:{port}", parts, settings.ledger_folder)
        finally:
            server.should_exit = True
            thread.join(timeout=30)
