"""Writes the Postman collection (v2.1) and its environment from the API document.

Each example of a request becomes an item, in the order of the document's story, with tests of the status and of the
shape of the answer. A route that is added to the document is in the collection by itself.
"""

import json
from typing import Any

from aftersend.api.document import api_document
from aftersend.api.document_examples import operations

Json = dict[str, Any]

_SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_REF = "#/components/schemas/"
_VARIABLES = {"MOE-APPKEY": "workspace"}
"""Parameters that the environment has a value for."""


def collection() -> str:
    """Return the collection as JSON."""
    document = api_document()
    items = sorted(operations(document), key=lambda row: row[2]["x-order"])
    given = {name for _, _, operation in items for name in operation.get("x-gives", ())}
    schemas = _portable(document["components"]["schemas"])
    found = {
        "info": {
            "_postman_id": "5f0d8a52-3c1e-4a39-9a57-2f6f2b7d1c60",
            "name": "aftersend",
            "description": "Made by `make docs` from the API document. Choose the environment, run it in order.",
            "schema": _SCHEMA,
        },
        "auth": {
            "type": "basic",
            "basic": [
                {"key": "username", "value": "{{workspace}}", "type": "string"},
                {"key": "password", "value": "{{secret}}", "type": "string"},
            ],
        },
        "variable": [{"key": "schemas", "value": json.dumps(schemas, separators=(",", ":"), ensure_ascii=False)}],
        "item": [item for method, path, operation in items for item in _items(method, path, operation, given)],
    }
    return json.dumps(found, indent=1, ensure_ascii=False) + "\n"


def environment() -> str:
    """Return the environment as JSON: where the server is, and who asks."""
    values = {"baseUrl": "http://127.0.0.1:8600", "workspace": "demo", "secret": ""}
    found = {
        "id": "b0c9a3de-7f21-4f5b-8a3e-6d1f0f6a9e11",
        "name": "aftersend",
        "values": [
            {"key": key, "value": value, "type": "secret" if key == "secret" else "default", "enabled": True}
            for key, value in values.items()
        ],
        "_postman_variable_scope": "environment",
    }
    return json.dumps(found, indent=1) + "\n"


def _items(method: str, path: str, operation: Json, given: set[str]) -> list[Json]:
    if "requestBody" not in operation:
        return [_item(method, path, operation, given)]
    return [
        _item(method, path, operation, given, (media, name, example))
        for media, body in operation["requestBody"]["content"].items()
        for name, example in body["examples"].items()
    ]


def _item(method: str, path: str, operation: Json, given: set[str], body: tuple[str, str, Json] | None = None) -> Json:
    title = operation["summary"]
    headers = _parameters(operation, "header", given)
    request: Json = {"method": method.upper(), "description": operation.get("description", "")}
    expected = _expected(operation)
    if body is not None:
        media, name, example = body
        if name != "works" or media != "application/json":
            title += f" ({media}, {name})"
        headers.append({"key": "Content-Type", "value": media})
        value = example["value"]
        text = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)
        request["body"] = {"mode": "raw", "raw": text}
        expected = [example["x-status"]] if "x-status" in example else expected
    request["header"] = headers
    request["url"] = _url(path, operation, given)
    if operation.get("security") == []:
        request["auth"] = {"type": "noauth"}
    script = _tests(operation, expected)
    return {
        "name": title,
        "request": request,
        "response": [],
        "event": [{"listen": "test", "script": {"type": "text/javascript", "exec": script}}],
    }


def _expected(operation: Json) -> list[int]:
    """The statuses that a workspace's key gets; what only the operator may do is refused."""
    if operation.get("security") == [{"basic": ["operator"]}]:
        return [403]
    found: list[int] = operation["x-statuses"]
    return found


def _parameters(operation: Json, place: str, given: set[str]) -> list[Json]:
    return [
        {"key": one["name"], "value": _value(one, given), "description": one.get("description", "")}
        | ({} if "example" in one else {"disabled": True})
        for one in operation["parameters"]
        if one["in"] == place
    ]


def _value(parameter: Json, given: set[str]) -> str:
    name = parameter["name"]
    if name in given or name in _VARIABLES:
        return f"{{{{{_VARIABLES.get(name, str(name))}}}}}"
    return str(parameter.get("example", ""))


def _url(path: str, operation: Json, given: set[str]) -> Json:
    places = [":" + part[1:-1] if part.startswith("{") else part for part in path.strip("/").split("/")]
    query = _parameters(operation, "query", given)
    asked = "&".join(f"{one['key']}={one['value']}" for one in query if "disabled" not in one)
    found: Json = {
        "raw": "{{baseUrl}}/" + "/".join(places) + (f"?{asked}" if asked else ""),
        "host": ["{{baseUrl}}"],
        "path": places,
    }
    if query:
        found["query"] = query
    if variables := _parameters(operation, "path", given):
        found["variable"] = variables
    return found


def _tests(operation: Json, expected: list[int]) -> list[str]:
    words = ", ".join(map(str, expected))
    lines = [f'pm.test("the status is {words}", () => pm.expect(pm.response.code).to.be.oneOf([{words}]));']
    bodies = {status: operation["responses"].get(str(status), {}).get("content", {}) for status in expected}
    schemas = {
        status: _portable(content["application/json"]["schema"])
        for status, content in bodies.items()
        if "application/json" in content
    }
    if schemas:
        lines += [
            f"const schema = {json.dumps(schemas, ensure_ascii=False)}[pm.response.code];",
            'const definitions = JSON.parse(pm.collectionVariables.get("schemas"));',
            'if (schema) pm.test("the answer has the described shape", () =>',
            "  pm.response.to.have.jsonSchema({ definitions, allOf: [schema] }));",
        ]
    media = sorted({kind for content in bodies.values() for kind in content})
    if media:
        lines += [
            'if (pm.response.code !== 204) pm.test("the answer is of a described type", () =>',
            f'  pm.expect(pm.response.headers.get("content-type").split(";")[0]).to.be.oneOf({json.dumps(media)}));',
        ]
    for name, field in operation.get("x-gives", {}).items():
        lines.append(f'if (pm.response.code < 300) pm.collectionVariables.set("{name}", pm.response.json().{field});')
    return lines


def _portable(schema: Any) -> Any:
    """The schema as validators of Postman's age read it: definitions have another place, prose and examples go."""
    if isinstance(schema, list):
        return [_portable(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"].replace(_REF, "#/definitions/")}
    return {
        word: _portable_properties(part) if word == "properties" else _portable(part)
        for word, part in schema.items()
        if word not in ("description", "title", "example", "examples", "default", "discriminator")
    }


def _portable_properties(properties: Json) -> Json:
    return {name: _portable(part) for name, part in properties.items()}
