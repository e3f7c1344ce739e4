"""A data folder with a real server on it, which is stopped, killed and started again while lives go on."""

import signal
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from builders import Asker
from cli.desk import Desk, Serving


@dataclass(slots=True)
class House:
    """The server, and the desk from which it is run."""

    desk: Desk
    workspaces: int = 0
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
        assert self._serving
        ended = self._serving.stop(number)
        assert ended == (0 if number == signal.SIGTERM else -number), ended
        self._block.close()
        self._serve()

    def _serve(self) -> None:
        self._block = ExitStack()
        self._serving = self._block.enter_context(self.desk.serving(AFTERSEND_LOG_LEVEL="error"))
