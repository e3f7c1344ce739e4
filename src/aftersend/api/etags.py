"""Entity tags: what a client has already, and need not be sent again."""

import re
from collections.abc import Iterable

_TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def etag(tag: str) -> str:
    """Spell a tag as a header.

    It is a weak one: what is counted may be a moment newer than its tag, so equal tags do not promise equal bytes.
    """
    return f'W/"{tag}"'


def matches(headers: Iterable[str], tag: str) -> bool:
    """Return whether `If-None-Match`, which can be there more than once, names the tag, or any with `*`."""
    named = ",".join(headers).strip()
    return named == "*" or any(found == tag for found in _TAG.findall(named))
