"""A file as an answer: read piece by piece, so that it takes no memory however large it is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from litestar.concurrency import sync_to_thread
from litestar.response import Stream

from aftersend.errors import NotFound

_PIECE = 256 * 1024


async def stream_file(path: Path, name: str, content_type: str) -> Stream:
    """Answer with a file under a name.

    Raises:
        NotFound: it is gone.
    """
    try:
        # Once it is open it can be read to its end, even if it is removed meanwhile.
        file = await sync_to_thread(path.open, "rb")
    except FileNotFoundError as error:
        raise NotFound("the file is gone") from error
    size = path_size(file)
    headers = {"Content-Length": str(size), "Content-Disposition": disposition(name)}
    return Stream(_pieces(file), media_type=content_type, headers=headers, status_code=200)


def path_size(file: BinaryIO) -> int:
    """Return the size of an open file."""
    size = file.seek(0, 2)
    file.seek(0)
    return size


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while piece := await sync_to_thread(file.read, _PIECE):
            yield piece


def disposition(name: str) -> str:
    """Have whoever downloads keep the name, in any script."""
    plain = "".join(letter if letter.isascii() else "_" for letter in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
