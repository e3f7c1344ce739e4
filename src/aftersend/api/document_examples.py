"""Puts examples into the API document: of every parameter, every body and every answer, and the order of the story."""

from collections.abc import Iterator
from typing import Any

from aftersend.api.examples import ANSWERS, EXAMPLES, LAST, REFUSED, Example

Json = dict[str, Any]

METHODS = ("get", "put", "post", "patch", "delete")

_ORDER = [name for name in EXAMPLES if name not in LAST]
_UNKNOWN = len(_ORDER)

_NAMED: Json = {
    "campaign_id": "welcome",
    "campaign_ids": ["welcome"],
    "parent_campaign_id": "welcome",
    "workspace_id": "acme",
    "user_id": "u1",
    "event_id": "m1-sent",
    "request_id": "abc",
    "response_id": "abc",
    "timezone": "UTC",
    "start_date": "2026-01-01",
    "end_date": "2026-01-31",
    "MOE-APPKEY": "acme",
}
"""What is usual in a field of the name."""

_BY_FORMAT = {"date": "2026-01-31", "date-time": "2026-01-05T09:00:00Z", "uri": "https://example.org"}
_DEEPEST = 12


def operations(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield method, path and operation of a document; parameters of the path are among those of the operation."""
    for path, item in document["paths"].items():
        for method in METHODS:
            if method in item:
                found = item[method]
                yield method, path, found | {"parameters": [*item.get("parameters", ()), *found.get("parameters", ())]}


def illustrate(document: Json) -> Json:
    """Return the document with examples; those that are there already stay."""
    schemas = document["components"]["schemas"]
    paths: Json = {}
    for path, item in document["paths"].items():
        paths[path] = dict(item)
        for method in METHODS:
            if method in item:
                paths[path][method] = _illustrated(item[method], item.get("parameters", []), schemas)
        if "parameters" in item:  # each operation has its own by now, with its own examples
            del paths[path]["parameters"]
    return document | {"paths": paths}


def _illustrated(operation: Json, shared: list[Json], schemas: Json) -> Json:
    name = operation["operationId"]
    example = EXAMPLES.get(name, Example())
    found = operation | {"x-order": _order(name), "x-statuses": _statuses(name, operation)}
    parameters = [*shared, *operation.get("parameters", ())]
    if parameters:
        found["parameters"] = [_with_value(one, example, schemas) for one in parameters]
    if "requestBody" in operation:
        content = {
            media: _with_bodies(media, body, name, schemas)
            for media, body in operation["requestBody"]["content"].items()
        }
        found["requestBody"] = operation["requestBody"] | {"content": content}
    found["responses"] = {
        status: _with_answer(status, response, schemas) for status, response in operation["responses"].items()
    }
    if example.gives:
        found["x-gives"] = example.gives
    return found


def _statuses(name: str, operation: Json) -> list[int]:
    """What the example that works is answered with; one that was made up may meet nothing, or be refused."""
    described = sorted(map(int, operation["responses"]))
    return [status for status in described if status < (300 if name in EXAMPLES else 500)]


def _order(name: str) -> int:
    if name in LAST:
        return _UNKNOWN + 2 + LAST.index(name)
    if name in _ORDER:
        return _ORDER.index(name)
    return _UNKNOWN + ("delete" in name.lower())


def _with_value(parameter: Json, example: Example, schemas: Json) -> Json:
    name = parameter["name"]
    if "example" in parameter:
        return parameter
    if name in example.parameters:
        return parameter | {"example": example.parameters[name]}
    if parameter.get("required"):
        return parameter | {"example": example_of(parameter["schema"], schemas, name)}
    return parameter


def _with_bodies(media: str, body: Json, name: str, schemas: Json) -> Json:
    if "example" in body or "examples" in body:
        return body
    value = EXAMPLES.get(name, Example()).bodies.get(media)
    if value is None:
        value = example_of(body["schema"], schemas, required_only=True)
    shown: Json = {"works": {"summary": "It works as it stands.", "value": value}}
    if media == "application/json":
        shown["refused"] = {"summary": "It is refused, and the answer says why.", "value": REFUSED}
        if name in EXAMPLES:
            shown["refused"]["x-status"] = 400
    return body | {"examples": shown}


def _with_answer(status: str, response: Json, schemas: Json) -> Json:
    content = {
        media: body if "example" in body else body | {"example": _answer(status, body["schema"], schemas)}
        for media, body in response.get("content", {}).items()
    }
    return response | ({"content": content} if content else {})


def _answer(status: str, schema: Json, schemas: Json) -> Any:
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name == "FlatError":
        return _FLAT.get(status, ANSWERS[name])
    if name == "Error":
        return {"error": _ERRORS[status] | {"request_id": "6f1c2a9e5b7d4c0f8e3a1b2c3d4e5f60"}}
    return example_of(schema, schemas)


def _flat(title: str, description: str | None, code: str) -> Json:
    return {"title": title, "description": description, "code": code}


_FLAT = {
    "401": _flat("Authentication required", "Invalid identity information found.", "wUcwPRZF"),
    "403": _flat("Forbidden Request", None, "kmqLuuHM"),
    "500": _flat(
        "Server Error",
        "An unexpected error was encountered while processing this request. Please contact MoEngage Team",
        "jDTGSxjd",
    ),
}

_ERRORS: dict[str, Json] = {
    "400": {"code": "invalid_value", "field": "nonsense", "message": "Object contains unknown field `nonsense`"},
    "401": {
        "code": "not_authenticated",
        "message": "sign in with HTTP Basic: the workspace id as user, a key's secret",
    },
    "403": {"code": "not_allowed", "message": "the key lacks the scope; 'aftersend key create' makes one that has it"},
    "404": {"code": "not_found", "message": "the workspace has no such thing"},
    "409": {"code": "conflict", "field": "channel", "message": "a channel cannot change"},
    "413": {"code": "too_large", "message": "the body is larger than the limit"},
    "429": {"code": "too_many_failed_sign_ins", "message": "too many requests without a valid key; wait"},
    "503": {"code": "store_unavailable", "message": "the ledger cannot be used right now; nothing was kept"},
}


def example_of(schema: Json, schemas: Json, name: str = "", *, required_only: bool = False, depth: int = 0) -> Any:
    """Return a value that keeps to a schema; of a field of this name, what is usual there."""
    if "$ref" in schema:
        target = schema["$ref"].rsplit("/", 1)[-1]
        if target in ANSWERS:
            return ANSWERS[target]
        schema = schemas[target]
    usual = _usual(schema, name)
    if usual is not None:
        return usual
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return example_of(choices[0], schemas, name, required_only=required_only, depth=depth + 1)
    kinds = schema.get("type", "object")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    if kind == "object":
        return _object(schema, schemas, required_only, depth)
    if kind == "array":
        if depth > _DEEPEST or "items" not in schema:
            return []
        return [example_of(schema["items"], schemas, name, required_only=required_only, depth=depth + 1)]
    return _scalar(kind, schema)


def _usual(schema: Json, name: str) -> Any:
    """What the schema itself says is typical, or the field's name does."""
    for word in ("example", "const", "default"):
        if word in schema:
            return schema[word]
    if schema.get("examples"):
        return schema["examples"][0]
    if name in _NAMED and schema.get("type") in ("string", "array"):
        return _NAMED[name]
    return schema["enum"][0] if "enum" in schema else None


def _object(schema: Json, schemas: Json, required_only: bool, depth: int) -> Json:
    if depth > _DEEPEST:
        return {}
    needed = schema.get("required", [])
    return {
        name: example_of(part, schemas, name, required_only=required_only, depth=depth + 1)
        for name, part in schema.get("properties", {}).items()
        if name in needed or not required_only
    }


def _scalar(kind: str, schema: Json) -> Any:
    if kind == "string":
        text: str = _BY_FORMAT.get(schema.get("format", ""), "text")
        return text[: schema.get("maxLength", len(text))].ljust(schema.get("minLength", 0), "x")
    if kind == "boolean":
        return True
    if kind == "null":
        return None
    return schema.get("minimum", 0)
