"""Signed links: where uploads go, whose Deck may be fetched, what flyte:// URLs say."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flyteidl.admin.event_pb2 import NodeExecutionEventRequest
from flyteidl.core.catalog_pb2 import CatalogCacheStatus
from flyteidl.core.execution_pb2 import NodeExecution as N
from flyteidl.service.dataproxy_pb2 import (
    ARTIFACT_TYPE_DECK,
    CreateDownloadLinkRequest,
    CreateDownloadLocationRequest,
    CreateUploadLocationRequest,
    GetDataRequest,
)
from google.protobuf.duration_pb2 import Duration

from livedeck.admin.services.calls import Failure
from livedeck.store import Store
from tests.admin.conftest import Caller, Protos

MD5 = hashlib.md5(b"code").digest()


def upload(**more: Any) -> CreateUploadLocationRequest:
    values = {"project": "flytesnacks", "domain": "development", "filename": "code.tar.gz", "content_md5": MD5, **more}
    return CreateUploadLocationRequest(**values)


async def code(call: Caller, method: str, request: Any) -> str:
    with pytest.raises(Failure) as refused:
        await call(method, request)
    return refused.value.code.name


async def test_an_upload_has_a_place_of_its_own(call: Caller, store: Store) -> None:
    answer = await call("CreateUploadLocation", upload())
    assert answer.native_url.startswith(f"{store.uri}/code/flytesnacks/development/")
    assert answer.native_url.endswith("/code.tar.gz")
    assert MD5.hex() in answer.signed_url
    assert answer.expires_at.seconds > 0
    assert (await call("CreateUploadLocation", upload())).native_url == answer.native_url
    assert answer.headers == {"x-kind": "block"}  # the client sends what the store asks for


async def test_a_root_may_be_chosen(call: Caller, store: Store) -> None:
    answer = await call("CreateUploadLocation", upload(filename_root="mine", content_md5=b""))
    assert answer.native_url == f"{store.uri}/code/flytesnacks/development/mine/code.tar.gz"


async def test_below_a_root_a_name_may_be_a_path(call: Caller, store: Store) -> None:
    answer = await call("CreateUploadLocation", upload(filename_root="mine", filename="folder/in it/x.py"))
    assert answer.native_url == f"{store.uri}/code/flytesnacks/development/mine/folder/in it/x.py"


async def test_other_content_under_the_same_name_is_refused(call: Caller, store: Store) -> None:
    key = "code/flytesnacks/development/mine/code.tar.gz"
    store.put(key, b"code")
    await call("CreateUploadLocation", upload(filename_root="mine"))  # the same content: nothing to fear
    other = upload(filename_root="mine", content_md5=hashlib.md5(b"other").digest())
    assert await code(call, "CreateUploadLocation", other) == "ALREADY_EXISTS"
    unsaid = upload(filename_root="mine", content_md5=b"")
    assert await code(call, "CreateUploadLocation", unsaid) == "ALREADY_EXISTS"


async def test_uploaded_code_cannot_be_replaced_by_way_of_its_folder(call: Caller, store: Store) -> None:
    """The folder is the content's hash, and whoever knows it might name it as a root."""
    answer = await call("CreateUploadLocation", upload())
    store.put(answer.native_url.removeprefix(f"{store.uri}/"), b"code")
    folder = answer.native_url.split("/")[-2]
    again = upload(filename_root=folder, content_md5=b"")
    assert await code(call, "CreateUploadLocation", again) == "ALREADY_EXISTS"


@pytest.mark.parametrize(
    "more",
    [
        {"filename": "../../x"},
        {"filename": "a/b"},
        {"filename": "a/../../b", "filename_root": "mine"},
        {"filename": "/etc/passwd", "filename_root": "mine"},
        {"filename": "a//b", "filename_root": "mine"},
        {"filename": "a/", "filename_root": "mine"},
        {"filename": "a/./b", "filename_root": "mine"},
        {"filename": "a/b\x00c", "filename_root": "mine"},
        {"filename": "a\x00b"},
        {"filename": "é" * 200},
        {"filename": "/".join(["a" * 200] * 6), "filename_root": "mine"},
        {"filename_root": "../x"},
        {"content_md5": b"short"},
        {"content_md5": b""},
        {"project": "../x"},
        {"domain": "nowhere"},
        {"expires_in": Duration(seconds=-5)},
        {"expires_in": Duration(seconds=10**7)},
        {"expires_in": Duration(seconds=10**15)},
        {"expires_in": Duration(seconds=-(10**15))},
    ],
)
async def test_hostile_uploads_are_refused(call: Caller, more: dict[str, str | bytes | Duration]) -> None:
    assert await code(call, "CreateUploadLocation", upload(**more)) == "INVALID_ARGUMENT"


@pytest.fixture
async def deck(registered: Caller, protos: Protos, store: Store) -> Callable[..., Any]:
    """Reports node ``n0`` of ``e1`` with a Deck at the URI that it is called with."""
    await registered("CreateExecution", protos.execution("e1"))

    async def report(uri: str) -> CreateDownloadLinkRequest:
        event = protos.node_event("e1", "n0", N.RUNNING, deck_uri=uri)
        await registered("CreateNodeEvent", NodeExecutionEventRequest(event=event))
        return CreateDownloadLinkRequest(artifact_type=ARTIFACT_TYPE_DECK, node_execution_id=protos.node_id("e1", "n0"))

    return report


async def test_a_link_to_the_deck(registered: Caller, deck: Callable[..., Any], store: Store) -> None:
    key = "metadata/propeller/flytesnacks-development-e1/n0/data/0/deck.html"
    asked = await deck(store.uri_of(key))
    asked.expires_in.FromTimedelta(timedelta(seconds=90))
    answer = await registered("CreateDownloadLink", asked)
    assert list(answer.pre_signed_urls.signed_url) == [f"http://links/download/{key}?expires=90"]
    assert list(answer.signed_url) == list(answer.pre_signed_urls.signed_url)
    data = await registered("GetData", GetDataRequest(flyte_url="flyte://v1/flytesnacks/development/e1/n0/d"))
    assert key in data.pre_signed_urls.signed_url[0]


@pytest.mark.parametrize("uri", ["", "{root}/metadata/propeller/flytesnacks-development-e2/n0/data/0/deck.html"])
async def test_a_deck_that_is_not_its_own_is_not_given(
    registered: Caller, deck: Callable[..., Any], store: Store, uri: str
) -> None:
    assert await code(registered, "CreateDownloadLink", await deck(uri.format(root=store.uri))) == "NOT_FOUND"


@pytest.mark.parametrize("phase", [N.RECOVERED, N.SUCCEEDED])
async def test_the_deck_of_the_run_that_outputs_come_from(
    registered: Caller, protos: Protos, store: Store, phase: Any
) -> None:
    for name in ("e1", "e2"):
        await registered("CreateExecution", protos.execution(name))
    key = "metadata/propeller/flytesnacks-development-e2/n0/data/0/deck.html"
    event = protos.node_event("e1", "n0", phase, deck_uri=store.uri_of(key))
    if phase == N.SUCCEEDED:
        event.task_node_metadata.cache_status = CatalogCacheStatus.CACHE_HIT
    event.task_node_metadata.catalog_key.source_task_execution.node_execution_id.CopyFrom(protos.node_id("e2", "n0"))
    await registered("CreateNodeEvent", NodeExecutionEventRequest(event=event))
    asked = CreateDownloadLinkRequest(artifact_type=ARTIFACT_TYPE_DECK, node_execution_id=protos.node_id("e1", "n0"))
    assert key in (await registered("CreateDownloadLink", asked)).pre_signed_urls.signed_url[0]


async def test_a_deck_outside_of_the_store_is_not_given(registered: Caller, deck: Callable[..., Any]) -> None:
    assert await code(registered, "CreateDownloadLink", await deck("file:///etc/passwd")) == "INVALID_ARGUMENT"


async def test_other_artifacts_are_refused(registered: Caller, deck: Callable[..., Any], store: Store) -> None:
    asked = await deck(store.uri_of("metadata/propeller/flytesnacks-development-e1/n0/data/0/deck.html"))
    asked.ClearField("artifact_type")
    assert await code(registered, "CreateDownloadLink", asked) == "INVALID_ARGUMENT"


async def test_a_download_location(call: Caller, store: Store) -> None:
    for key in (
        "metadata/propeller/flytesnacks-development-e1/n0/data/0/deck.html",
        "metadata/flytesnacks/development/e1/n0/data/0/deck.html",
        "data/flytesnacks/development/e1/n0/x",
        "code/flytesnacks/development/mine/a folder/x.py",
    ):
        request = CreateDownloadLocationRequest(native_url=store.uri_of(key))
        assert (await call("CreateDownloadLocation", request)).signed_url.startswith(f"http://links/download/{key}")
    elsewhere = CreateDownloadLocationRequest(native_url="file:///etc/passwd")
    assert await code(call, "CreateDownloadLocation", elsewhere) == "INVALID_ARGUMENT"
    climbing = CreateDownloadLocationRequest(native_url=f"{store.uri}/../secret")
    assert await code(call, "CreateDownloadLocation", climbing) == "INVALID_ARGUMENT"


async def test_data_by_flyte_url(registered: Caller, protos: Protos, store: Store) -> None:
    await registered("CreateExecution", protos.execution("e1"))
    key = "metadata/propeller/flytesnacks-development-e1/n0/data/0/outputs.pb"
    store.put(key, protos.literals(o0=2).SerializeToString())
    event = protos.node_event("e1", "n0", N.SUCCEEDED, output_uri=store.uri_of(key))
    await registered("CreateNodeEvent", NodeExecutionEventRequest(event=event))
    base = "flyte://v1/flytesnacks/development/e1/n0"
    assert (await registered("GetData", GetDataRequest(flyte_url=f"{base}/o"))).literal_map == protos.literals(o0=2)
    assert (await registered("GetData", GetDataRequest(flyte_url=f"{base}/o/o0"))).literal == protos.literal(2)
    assert await code(registered, "GetData", GetDataRequest(flyte_url=f"{base}/o/o1")) == "NOT_FOUND"
    assert await code(registered, "GetData", GetDataRequest(flyte_url=f"{base}/0/o")) == "NOT_FOUND"
    assert await code(registered, "GetData", GetDataRequest(flyte_url="http://elsewhere")) == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    "key",
    [
        "secret",
        "data/x",
        "other/flytesnacks/development/e1/x",
        "metadata/propeller/flytesnacks-development-e1",
        "metadata/propeller/flytesnacks-nowhere-e1/x",
        "metadata/propeller/development-e1/x",
        "metadata/flytesnacks/development/e1",
        "metadata/flytesnacks/nowhere/e1/x",
        "data/Not A Project/development/e1/x",
    ],
)
async def test_what_belongs_to_nobody_is_not_given(call: Caller, store: Store, key: str) -> None:
    request = CreateDownloadLocationRequest(native_url=store.uri_of(key))
    assert await code(call, "CreateDownloadLocation", request) == "INVALID_ARGUMENT"


async def test_uploads_are_for_projects_and_domains_that_exist(call: Caller) -> None:
    for wrong in ({"project": "nobody"}, {"domain": "nowhere"}):
        assert await code(call, "CreateUploadLocation", upload(**wrong)) == "INVALID_ARGUMENT"
    with pytest.raises(Failure, match="project 'nobody' does not exist: register it, or use another"):
        await call("CreateUploadLocation", upload(project="nobody"))
