"""Hostile names through gRPC and REST: refused in words, and the server stays as it is."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.literals_pb2 import Literal, LiteralMap, Primitive, Scalar

from livedeck.cli.remote import register_entity
from livedeck.client import Client
from livedeck.errors import RemoteError, RemoteInvalid, RemoteNotFound
from livedeck.sdk.loading import load_file
from livedeck.testing.process import ServerProcess
from tests.integration.running import PROGRAMS, phase_of, run

HOSTILE = ["../../../etc/passwd", "..", "a/b", "nul\0byte", "a\nb", "", "x" * 5000, "%2e%2e%2f", "ü"]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda name: repr(name[:20]))
def test_grpc_refuses_it_wherever_a_name_goes(client: Client, server: ServerProcess, name: str) -> None:
    program = load_file(PROGRAMS / "shapes.py")
    target = register_entity(client, program, program.find("chain")).id
    before = set(server.data_dir.parent.iterdir())
    calls: list[Callable[[], object]] = [
        lambda: client.get_execution(client.execution_id(name)),
        lambda: client.terminate(client.execution_id(name), "x"),
        lambda: client.relaunch(client.execution_id(name)),
        lambda: list(client.node_executions(client.execution_id(name))),
        lambda: client.create_execution(moved(target, name=name)),
        lambda: client.create_execution(moved(target, version=name)),
        lambda: client.create_execution(moved(target, project=name)),
    ]
    if name:  # an empty one asks for a name to be made up
        calls.append(lambda: client.create_execution(target, name=name))
    if name not in {"", "%2e%2e%2f", "ü"}:  # a file may be called that
        calls.append(lambda: client.upload(b"x", name))
    for call in calls:
        with pytest.raises((RemoteInvalid, RemoteNotFound)) as refused:
            call()
        assert len(str(refused.value)) < 600, "a message is to be read"
    assert set(server.data_dir.parent.iterdir()) == before


@pytest.mark.parametrize(
    "name", ["../../../etc/passwd", "nul\0byte", "x" * 5000, "%"], ids=lambda name: repr(name[:20])
)
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/executions/flytesnacks/development/{}",
        "/api/v1/executions/{}/development/x",
        "/live/executions/flytesnacks/development/{}",
        "/live/decks/flytesnacks/development/{}/n0/0",
        "/live/logs/flytesnacks/development/x/{}/0",
        "/live/logs/flytesnacks/development/x/n0/{}",
        "/decks/flytesnacks/development/{}/n0/0/deck.html",
        "/decks/shared/{}",
        "/download/{}",
    ],
)
def test_http_refuses_it(client: Client, server: ServerProcess, path: str, name: str) -> None:
    for quoted in {quote(name, safe=""), quote(name, safe="/")}:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(server.url + path.format(quoted), timeout=30).read()
        with refused.value as answer:
            assert 400 <= answer.code < 500, answer.read()
            body = answer.read()
            assert b"root:" not in body
            assert b"Traceback" not in body


def test_rest_says_what_is_wrong_as_json(server: ServerProcess) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"{server.url}/api/v1/executions/flytesnacks/development/nosuch", timeout=30)
    with refused.value as answer:
        assert answer.code == 404
        assert "nosuch" in json.load(answer)["message"]


@pytest.mark.parametrize(
    ("inputs", "words"),
    [
        (LiteralMap(), "'a'"),
        (LiteralMap(literals={"a": Literal(scalar=Scalar(primitive=Primitive(string_value="one")))}), "'a'"),
        (
            LiteralMap(
                literals={
                    "a": Literal(scalar=Scalar(primitive=Primitive(integer=1))),
                    "z": Literal(scalar=Scalar(primitive=Primitive(integer=1))),
                }
            ),
            "'z'",
        ),
    ],
    ids=["missing", "of another type", "unknown"],
)
def test_inputs_that_do_not_fit_are_refused_before_anything_runs(
    client: Client, inputs: LiteralMap, words: str
) -> None:
    program = load_file(PROGRAMS / "shapes.py")
    target = register_entity(client, program, program.find("fan")).id
    with pytest.raises(RemoteInvalid, match=words):
        client.create_execution(target, inputs, name="unfit")
    with pytest.raises(RemoteNotFound):
        client.get_execution(client.execution_id("unfit"))


def test_what_is_not_registered_is_named(client: Client) -> None:
    target = Identifier(
        resource_type=ResourceType.LAUNCH_PLAN,
        project="flytesnacks",
        domain="development",
        name="shapes.nowhere",
        version="1",
    )
    with pytest.raises(RemoteError, match=r"shapes\.nowhere"):
        client.create_execution(target)


def test_after_all_that_it_still_works(client: Client) -> None:
    assert phase_of(run(client, "shapes.py", "chain")) == "SUCCEEDED"


def moved(target: Identifier, **changes: str) -> Identifier:
    """The id with parts replaced."""
    changed = Identifier()
    changed.CopyFrom(target)
    for part, value in changes.items():
        setattr(changed, part, value)
    return changed
