"""Requests as the API document's examples spell them, in the order of their story."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import jsonschema_rs

from aftersend.api.document import api_document
from aftersend.api.document_examples import operations
from builders import Json


@dataclass(frozen=True, slots=True)
class Sending:
    """One request: an operation of the document with one of the examples of its body, if it has any."""

    method: str
    path: str
    operation: Json
    media: str | None = None
    example: Json = field(default_factory=dict)
    title: str = ""

    @property
    def route(self) -> str:
        """Return the name of its row in the table of access."""
        return f"{self.method.upper()} {self.path}"

    @property
    def expected(self) -> list[int]:
        """Return the statuses that the document promises."""
        refused = self.example.get("x-status")
        return [refused] if refused else self.operation["x-statuses"]

    def options(self, workspace_id: str, given: Json | None = None) -> tuple[str, Json]:
        """Return the path, and what an HTTP client takes beside it; `given` are parameters that answers gave."""
        path, options = self.path, dict[str, Any](headers={}, params={})
        for parameter in self.operation["parameters"]:
            name, place = parameter["name"], parameter["in"]
            value = (given or {}).get(name, parameter.get("example"))
            if name == "MOE-APPKEY":
                value = workspace_id
            if value is None:
                continue
            if place == "path":
                path = path.replace(f"{{{name}}}", str(value))
            else:
                options["headers" if place == "header" else "params"][name] = str(value)
        if self.media:
            value = self.example["value"]
            options["content"] = (value if isinstance(value, str) else json.dumps(value)).encode()
            options["headers"]["content-type"] = self.media
        return path, options


def story() -> list[Sending]:
    """Return every request that the document has an example of, in order."""
    ordered = sorted(operations(api_document()), key=lambda row: row[2]["x-order"])
    return [sending for method, path, operation in ordered for sending in _sendings(method, path, operation)]


def _sendings(method: str, path: str, operation: Json) -> Iterator[Sending]:
    name = operation["operationId"]
    if "requestBody" not in operation:
        yield Sending(method, path, operation, title=name)
        return
    for media, body in operation["requestBody"]["content"].items():
        for key, example in body["examples"].items():
            yield Sending(method, path, operation, media, example, f"{name}-{media}-{key}")


def problems(schema: Json, value: object) -> list[str]:
    """Return what keeps a value from keeping to a schema of the document."""
    whole = {**schema, "components": api_document()["components"]}
    return [
        error.message for error in jsonschema_rs.Draft202012Validator(whole, validate_formats=True).iter_errors(value)
    ]
