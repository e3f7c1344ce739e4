"""The secrets that sign downloads: made from a key file of the server whenever they are needed, and stored nowhere.

A signature has a secret in it that the server must know in clear, so it cannot be kept as a hash as other keys are.
"""

import hashlib
import hmac
import os
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

from aftersend.errors import Misconfigured, StoreUnavailable
from aftersend.registry.report_keys import ReportKeys

KEY_FILE = "report.key"
_KEY_BYTES = 32


class ReportSecrets:
    """Makes the secrets of report keys, and checks signatures that were made with them."""

    def __init__(self, data: Path, keys: ReportKeys) -> None:
        self._file = data / KEY_FILE
        self._keys = keys

    def secret_of(self, workspace_id: str, key_id: str) -> str:
        """Return the secret of a report key; the key file is made where there is none yet.

        Raises:
            Misconfigured: the file cannot be used.
        """
        return self._derived(self._read() or self._make(), workspace_id, key_id)

    def usable(self, workspace_id: str) -> dict[str, bool]:
        """Say of each valid key of a workspace, by id, whether its secret can still be made."""
        server_key = self._read()
        return {
            key.id: server_key is not None and key.fits(self._derived(server_key, workspace_id, key.id))
            for key in self._keys.valid(workspace_id)
        }

    def signed(self, workspace_id: str, filename: str, signature: str) -> bool:
        """Return whether a valid secret of the workspace signed the name of the file; each one is compared in full."""
        try:
            server_key = self._read()
        except Misconfigured as error:
            raise StoreUnavailable("signatures cannot be checked right now") from error
        if server_key is None:
            return False
        found = False
        for key in self._keys.valid(workspace_id):
            expected = sign(workspace_id, filename, self._derived(server_key, workspace_id, key.id))
            found |= hmac.compare_digest(expected.encode(), signature.encode("utf-8", "surrogatepass"))
        return found

    @staticmethod
    def _derived(server_key: bytes, workspace_id: str, key_id: str) -> str:
        # Ids have no slashes, so no two pairs of them make one text.
        made = hmac.digest(server_key, f"report key/{workspace_id}/{key_id}".encode(), hashlib.sha256)
        return urlsafe_b64encode(made).decode().rstrip("=")

    def _read(self) -> bytes | None:
        if not self._file.exists():
            return None
        try:
            found = bytes.fromhex(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise Misconfigured(f"{KEY_FILE} in the data folder cannot be read: {error}") from error
        if len(found) != _KEY_BYTES:
            message = f"{KEY_FILE} in the data folder is damaged; restore it, or remove it and make new report keys"
            raise Misconfigured(message)
        return found

    def _make(self) -> bytes:
        """Make the file, whole or not at all; who is second takes what the first one made."""
        new = self._file.with_name(f".{KEY_FILE}.{secrets.token_hex(4)}")
        try:
            opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(opened, "w", encoding="ascii") as writing:
                writing.write(secrets.token_hex(_KEY_BYTES))
                writing.flush()
                os.fsync(writing.fileno())
            try:
                os.link(new, self._file)
            except FileExistsError:
                pass
            finally:
                new.unlink()
        except OSError as error:
            raise Misconfigured(f"{KEY_FILE} in the data folder cannot be written: {error.strerror}") from error
        made = self._read()
        assert made is not None
        return made


def sign(workspace_id: str, filename: str, secret: str) -> str:
    """Return the signature of a download, as clients compute it."""
    return hashlib.sha256(f"{workspace_id}|{filename}|{secret}".encode("utf-8", "surrogatepass")).hexdigest()
