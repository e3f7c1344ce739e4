"""The error tree: a stable code and one sentence each. Nothing here knows HTTP.

AftersendError
├── InvalidRequest        what was asked cannot be understood; names the field
│   ├── InvalidFields     several fields of it
│   ├── Unparseable       the body as a whole cannot be read
│   └── NotEnabled        a feature that is off, where the contract calls that a bad request
├── NotAuthenticated      no valid key
│   └── WrongDataCenter   a valid key, shown to a server that does not serve its workspace
├── NotAllowed            a valid key without the scope
│   └── FeatureOff        a feature that is off for the workspace
├── NotFound              no such thing in this workspace
├── Conflict              contradicts what is already registered
├── TooLarge              more than the documented limit
├── Overloaded            try again in a moment; nothing was kept
├── StoreUnavailable      the ledger or the registry cannot be used right now
└── Misconfigured         the operator has to change something before it can work
"""

from collections.abc import Sequence
from typing import ClassVar


class AftersendError(Exception):
    """An expected failure, worded for the person who can mend it."""

    code: ClassVar[str] = "error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidRequest(AftersendError):
    """A field has a value that cannot be used."""

    code = "invalid_value"

    def __init__(self, message: str, field: str, value: object = None) -> None:
        super().__init__(message)
        self.field = field
        self.value = value


class InvalidFields(InvalidRequest):
    """One field or more have values that cannot be used: pairs of a field and a message, the first one leading."""

    code = "invalid_fields"

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        field, message = problems[0]
        super().__init__(message, field)
        self.problems = tuple(problems)


class Unparseable(InvalidRequest):
    """The body cannot be read at all, so nothing of it was kept."""

    code = "unparseable_body"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="body")


class NotAuthenticated(AftersendError):
    """The request carries no key that is valid for the workspace."""

    code = "not_authenticated"


class WrongDataCenter(NotAuthenticated):
    """The workspace belongs to a data center that this server does not serve; the message says which."""

    code = "wrong_data_center"


class NotAllowed(AftersendError):
    """The key is valid but may not do this."""

    code = "not_allowed"


class FeatureOff(NotAllowed):
    """What is asked for is switched off for the workspace."""

    code = "feature_off"


class NotEnabled(InvalidRequest):
    """What is asked for is switched off for the workspace, which its contract calls a bad request."""

    code = "not_enabled"

    def __init__(self, message: str) -> None:
        super().__init__(message, field="workspace")


class NotFound(AftersendError):
    """The workspace has no such thing."""

    code = "not_found"


class Conflict(AftersendError):
    """The request contradicts something that is already registered."""

    code = "conflict"

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


class TooLarge(AftersendError):
    """The request is larger than the documented limit."""

    code = "too_large"


class Overloaded(AftersendError):
    """More is waiting to be written than memory is set aside for; nothing was kept."""

    code = "overloaded"

    def __init__(self, message: str, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class StoreUnavailable(AftersendError):
    """The ledger or the registry cannot be used right now; nothing was kept."""

    code = "store_unavailable"

    def __init__(self, message: str, retry_after_seconds: int = 5) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Misconfigured(AftersendError):
    """A setting or the surroundings must be changed before the program can start."""

    code = "misconfigured"
