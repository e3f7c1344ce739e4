"""Who changes something: told where a request or a command begins, and asked where a change is noted."""

from contextvars import ContextVar

from aftersend.domain.changes import SERVER

actor: ContextVar[str] = ContextVar("actor", default=SERVER)


def act_as(who: str) -> None:
    """Let changes from here on, in this request or this command, be those of a key or of the operator."""
    actor.set(who)
