"""Puts into the API document who may use each route."""

from typing import Any

from aftersend.api.access import ACCESS, Access
from aftersend.domain.workspaces import Scope

Json = dict[str, Any]


def with_access(document: Json) -> Json:
    """Return the document with what the table says about each route."""
    paths = {
        path: {
            word: _guarded(part, ACCESS.get(f"{word.upper()} {path}")) if word != "parameters" else part
            for word, part in item.items()
        }
        for path, item in document["paths"].items()
    }
    return document | {"paths": paths}


def _guarded(operation: Json, access: Access | None) -> Json:
    if access is None:  # a test names the routes that have no row
        return operation
    if access.open:
        return operation | {"security": [], "description": _described(operation, "Nobody has to sign in.")}
    if access.signed:
        return operation | {"security": [], "description": _described(operation, "A signature opens it.")}
    others = [way for way in operation.get("security", ()) if "basic" not in way]
    return operation | {
        "security": [{"basic": _roles(access)}, *others],
        "description": _described(operation, _needs(access)),
    }


def _described(operation: Json, needs: str) -> str:
    return f"{operation['description']} {needs}" if "description" in operation else needs


def _roles(access: Access) -> list[str]:
    if access.operator:
        return ["operator"]
    return [access.scope.value] if access.scope else []


def _needs(access: Access) -> str:
    if access.operator:
        return "Only for who has the data folder; no key opens it."
    if access.scope is None:
        return "Any key of the workspace opens it."
    words = f"Needs a key with the scope `{access.scope}`"
    words += "." if access.scope is Scope.ADMIN else " (or `admin`)."
    return words + (f" The feature `{access.feature}` can be switched off for a workspace." if access.feature else "")
