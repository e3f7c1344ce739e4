"""The levels of a campaign's tree: every combination of platform, locale and variation with "all" in its place."""

from collections.abc import Sequence
from itertools import product

ALL = ""
"""The name of a level's aggregate in the key of a cell."""


def grouping_sets(*keys: str, over_platforms: bool) -> str:
    """Return the sets to group by so that every node of the tree gets a row of its own.

    `keys` are in every set. `over_platforms` adds the level above the platforms.
    """
    platforms: Sequence[tuple[str, ...]] = (("platform",), ()) if over_platforms else (("platform",),)
    sets = (
        f"({', '.join((*keys, *platform, *locale, *variation))})"
        for platform in platforms
        for locale in ((), ("locale",))
        for variation in ((), ("variation",))
    )
    return f"GROUPING SETS ({', '.join(sets)})"


def places(*, over_platforms: bool) -> str:
    """Return an array of the nodes in which a row counts, as (platform, locale, variation).

    Copying folded rows to their nodes is planned much faster than grouping sets are, and runs as fast.
    """
    platforms = ("platform", f"'{ALL}'") if over_platforms else ("platform",)
    nodes = (
        f"(toString({platform}), toString({locale}), toString({variation}))"
        for platform in platforms
        for locale in (f"'{ALL}'", "locale")
        for variation in (f"'{ALL}'", "variation")
    )
    return f"[{', '.join(nodes)}]"


def nodes(platform: str, locale: str, variation: str, *, over_platforms: bool) -> list[tuple[str, str, str]]:
    """Return the same nodes for one row."""
    platforms = (platform, ALL) if over_platforms else (platform,)
    return list(product(platforms, (ALL, locale), (ALL, variation)))
