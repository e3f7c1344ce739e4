"""Seniority: what the rows of a commit carry instead of its number, greater the earlier they came in.

Tables that replace rows keep the one of the greatest seniority, so of two equal rows the first one stays.
"""

MOST_SENIOR = 2**64 - 1
"""More senior than the rows of any commit."""


def senior(commit: int) -> int:
    """Return the seniority of the rows of a commit; those of later ones have a smaller one."""
    return MOST_SENIOR - commit


def commit_of(seniority: int) -> int:
    """Return the number of the commit whose rows have a seniority."""
    return MOST_SENIOR - seniority
