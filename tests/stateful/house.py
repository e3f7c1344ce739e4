"""A data folder with a real server on it, which is stopped, killed and started again while lives go on."""

import shutil
import signal
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from builders import Asker
from cli.desk import SEALING, Desk, Serving


@dataclass(slots=True)
class House:
    """The server, the desk from which it is run, and how often it has moved into a restored folder."""

    desk: Desk
    workspaces: int = 0
    moves: int = 0
    _serving: Serving | None = None
    _block: ExitStack = field(default_factory=ExitStack)

    def __enter__(self) -> "House":
        """Serve until the end of the block."""
        self._serve()
        return self

    def __exit__(self, *raised: object) -> None:
        """Stop the server."""
        self._block.close()

    def move_in(self, timezone: str) -> Asker:
        """Make a workspace that nobody has had, and a key that may do everything there."""
        self.workspaces += 1
        desk = replace(self.desk, workspace=f"life{self.workspaces}")
        desk.create_workspace("--timezone", timezone)
        secret = desk.run("key", "create", "--workspace", desk.workspace, "--scope", "admin").json["secret"]
        return Asker(self.url, desk.workspace, secret)

    @property
    def url(self) -> str:
        """Return where the server is now; after each start it is at another port."""
        assert self._serving
        return self._serving.url

    def restart(self, number: signal.Signals) -> None:
        """End the server by a signal and start it again."""
        self._stop(number)
        self._serve()

    def back_up(self) -> str:
        """Make a backup beside the working server, in the one folder that has them all, and return its name."""
        name: str = self.desk.run("backup", "backups", "--json").json["name"]
        return name

    def move(self, backup: str, number: signal.Signals) -> None:
        """End the server by a signal, leave its folder for good, and serve one restored from a backup."""
        self._stop(number)
        left, self.moves = self.desk.data, self.moves + 1
        data = left.with_name(f"restored{self.moves}")
        try:
            # Events at random need not add up, so the audit may find something; status 2 would be no restored folder.
            self.desk.run("restore", "backups", "--backup", backup, "--data", data, status=(0, 1))
            self.desk = replace(self.desk, data=data)
            shutil.rmtree(left)
        finally:
            # There is a server even after a failure, so that the same life fails in the same way again.
            self._serve()

    def _stop(self, number: signal.Signals) -> None:
        assert self._serving
        ended = self._serving.stop(number)
        assert ended == (0 if number == signal.SIGTERM else -number), ended
        self._block.close()

    def _serve(self) -> None:
        self._block = ExitStack()
        self._serving = self._block.enter_context(self.desk.serving(AFTERSEND_LOG_LEVEL="error", **SEALING))
