"""The examples of the API document work: each is sent to a real server and gets the answer that is promised."""

from dataclasses import dataclass

import httpx
import pytest

from aftersend.api.access import ACCESS
from aftersend.api.document import api_document
from aftersend.api.document_examples import operations
from builders import Asker, Json
from server import Server
from story import Sending, problems, story

STORY = story()
DESCRIBED = [
    (f"{operation['operationId']}-{status}", body)
    for _, _, operation in operations(api_document())
    for status, response in operation["responses"].items()
    for media, body in response.get("content", {}).items()
    if media == "application/json"
]


@dataclass(frozen=True, slots=True)
class Told:
    """A request that was sent, and its answer."""

    sending: Sending
    answer: httpx.Response


@pytest.fixture(scope="module")
def told(server: Server) -> dict[str, Told]:
    """The whole story, told to a workspace of its own."""
    asker = server.create_workspace("story")
    operator = Asker(server.url, "story", server.parts.services.operator_token)
    given: Json = {}
    found = {}
    for sending in STORY:
        who = operator if ACCESS[sending.route].operator else asker
        path, options = sending.options("story", given)
        answer = who.request(sending.method.upper(), path, **options)
        found[sending.title] = Told(sending, answer)
        if answer.is_success:
            given |= {name: answer.json()[key] for name, key in sending.operation.get("x-gives", {}).items()}
    return found


@pytest.mark.parametrize("title", [sending.title for sending in STORY])
def test_an_example_gets_what_is_promised(title: str, told: dict[str, Told]) -> None:
    """The status is that of the document, and the answer keeps to the schema of the status."""
    sending, answer = told[title].sending, told[title].answer

    assert answer.status_code in sending.expected, answer.text
    content = sending.operation["responses"][str(answer.status_code)].get("content", {})
    media = answer.headers.get("content-type", "").split(";")[0]
    assert media in content or not answer.content
    if media == "application/json":
        assert problems(content[media]["schema"], answer.json()) == []


@pytest.mark.parametrize(("name", "body"), DESCRIBED, ids=[name for name, _ in DESCRIBED])
def test_an_example_of_an_answer_keeps_to_its_schema(name: str, body: Json) -> None:
    """What the document shows as an answer is one that it describes."""
    assert problems(body["schema"], body["example"]) == []


def test_every_body_has_an_example_that_works_and_one_that_does_not() -> None:
    """Nobody adds a body without examples of it; of a source every body is answered with 200."""
    for sending in STORY:
        if sending.media:
            refusable = sending.media == "application/json" and sending.operation["operationId"] != "postSource"
            wanted = {"works", "refused"} if refusable else {"works"}
            assert wanted <= set(sending.operation["requestBody"]["content"][sending.media]["examples"])


def test_the_story_has_numbers_in_it(told: dict[str, Told]) -> None:
    """The statistics of the example count its events."""
    answer = told["campaignStats-application/json-works"].answer.json()

    tree = answer["data"]["welcome"][0]["platforms"]["EMAIL"]["locales"]["all_locales"]["variations"]
    assert tree["all_variations"]["performance_stats"]["opened"] == 1
    assert tree["all_variations"]["conversion_goal_stats"]["First order"]["revenue"] == 49.9
