"""Serves the data proxy: signed links to put code and inputs into the store, and to get Decks and outputs out."""

import asyncio
import base64
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.service.dataproxy_pb2 import (
    ARTIFACT_TYPE_DECK,
    CreateDownloadLinkRequest,
    CreateDownloadLinkResponse,
    CreateDownloadLocationRequest,
    CreateDownloadLocationResponse,
    CreateUploadLocationRequest,
    CreateUploadLocationResponse,
    GetDataRequest,
    GetDataResponse,
    PreSignedURLs,
)
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from livedeck.admin.db import executions, projects
from livedeck.admin.db.database import Database
from livedeck.admin.live.states import NodeRecord, cached_source
from livedeck.admin.names import DOMAINS, check_entity_name, check_node, check_scope, describe
from livedeck.admin.objects import Objects
from livedeck.admin.services.calls import Handler
from livedeck.admin.services.signing import Links
from livedeck.errors import EntityExists, InvalidRequest, NoSuchEntity
from livedeck.store import layout

_DEFAULT_LIFETIME: Final = timedelta(hours=1)
_MAX_LIFETIME: Final = timedelta(days=1)
_MD5_BYTES: Final = 16
_NAME_BYTES: Final = 255
"""Of a file's or folder's name: what file systems take. Of a whole key, the store says how many."""
_URL: Final = re.compile(r"flyte://v1/([^/]+)/([^/]+)/([^/]+)/([^/]+)(?:/(\d{1,9}))?/([iod])(?:/([^/]+))?")
_OF_EXECUTION: Final = re.compile(r"metadata/propeller/(?P<folder>[^/]+)/.+", re.DOTALL)
_OWNED: Final = re.compile(r"(?:metadata|data|code)/(?P<project>[^/]+)/(?P<domain>[^/]+)/[^/]+/.+", re.DOTALL)
"""Keys below the prefixes of `livedeck.store.layout`."""


class DataProxyCalls:
    """The calls for links. They are given for what belongs to a project or an execution alone: there may be more."""

    def __init__(self, database: Database, objects: Objects, links: Links) -> None:
        self._database = database
        self._objects = objects
        self._links = links

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers by method name."""
        return {
            "CreateUploadLocation": self._upload_location,
            "CreateDownloadLocation": self._download_location,
            "CreateDownloadLink": self._download_link,
            "GetData": self._get_data,
        }

    async def _upload_location(self, request: CreateUploadLocationRequest) -> CreateUploadLocationResponse:
        check_scope(request.project, request.domain)
        if await self._database.read(projects.find, request.project) is None:
            raise InvalidRequest(f"project {request.project!r} does not exist: register it, or use another")
        key = _upload_key(request)
        if request.filename and request.filename_root:
            await self._refuse_other_content(key, request.content_md5)
        lifetime = _lifetime(request.expires_in)
        signed = await asyncio.to_thread(self._links.upload_url, key, lifetime, request.content_md5)
        return CreateUploadLocationResponse(
            signed_url=signed.url,
            native_url=self._objects.store.uri_of(key),
            expires_at=_expiry(lifetime),
            headers=signed.headers,
        )

    async def _refuse_other_content(self, key: str, content_md5: bytes) -> None:
        known = await self._objects.md5_of(key)
        if known is not None and known != content_md5:
            raise EntityExists(
                f"{key!r} was uploaded before: give content_md5 of the same content, or use another root or name"
            )

    async def _download_location(self, request: CreateDownloadLocationRequest) -> CreateDownloadLocationResponse:
        key = owned(self._objects.key_of(request.native_url))
        lifetime = _lifetime(request.expires_in)
        url = await asyncio.to_thread(self._links.download_url, key, lifetime)
        return CreateDownloadLocationResponse(signed_url=url, expires_at=_expiry(lifetime))

    async def _download_link(self, request: CreateDownloadLinkRequest) -> CreateDownloadLinkResponse:
        if request.artifact_type != ARTIFACT_TYPE_DECK:
            raise InvalidRequest("artifact_type is missing or unknown: links are made for ARTIFACT_TYPE_DECK")
        signed = await self._deck_links(request.node_execution_id, _lifetime(request.expires_in))
        # The fields beside pre_signed_urls are older clients'.
        return CreateDownloadLinkResponse(
            signed_url=signed.signed_url, expires_at=signed.expires_at, pre_signed_urls=signed
        )

    async def _get_data(self, request: GetDataRequest) -> GetDataResponse:
        found = _URL.fullmatch(request.flyte_url)
        if found is None:
            raise InvalidRequest(
                f"{request.flyte_url!r} is not a URL of data: write "
                "flyte://v1/project/domain/execution/node[/attempt]/(i|o|d)[/name]"
            )
        project, domain, execution, node_id, attempt, what, name = found.groups()
        owner = WorkflowExecutionIdentifier(project=project, domain=domain, name=execution)
        node = check_node(NodeExecutionIdentifier(execution_id=owner, node_id=node_id))
        if what == "d":
            return GetDataResponse(pre_signed_urls=await self._deck_links(node, _DEFAULT_LIFETIME))
        literals = await self._literals(node, None if attempt is None else int(attempt), what)
        if name is None:
            return GetDataResponse(literal_map=literals)
        if name not in literals.literals:
            raise NoSuchEntity(f"{request.flyte_url}: there is no {name!r}, only {sorted(literals.literals)}")
        return GetDataResponse(literal=literals.literals[name])

    async def _literals(self, identifier: NodeExecutionIdentifier, attempt: int | None, what: str) -> LiteralMap:
        node = await self._database.read(executions.find_node, identifier)
        if node is None:
            raise NoSuchEntity(f"execution {describe(identifier.execution_id)} has no node {identifier.node_id!r}")
        uri, inline = node.closure.output_uri, node.closure.output_data
        if attempt is not None:
            attempts = await self._database.read(executions.attempts_of, identifier)
            found = next((each for each in attempts if each.id.retry_attempt == attempt), None)
            if found is None:
                raise NoSuchEntity(f"node {identifier.node_id!r} has no attempt {attempt}")
            uri, inline = found.closure.output_uri, found.closure.output_data
        if what == "i":
            uri, inline = node.input_uri, LiteralMap()
        return await self._objects.read_literals(uri) if uri else inline

    async def _deck_links(self, identifier: NodeExecutionIdentifier, lifetime: timedelta) -> PreSignedURLs:
        check_node(identifier)
        node = await self._database.read(executions.find_node, identifier)
        if node is None or not node.closure.deck_uri:
            raise NoSuchEntity(f"node {identifier.node_id!r} of {describe(identifier.execution_id)} has no Deck")
        key = self._objects.key_of(node.closure.deck_uri)
        source = cached_source(NodeRecord(Execution(), node))  # then it is the Deck of that run
        owner = identifier.execution_id if source is None else source.node_execution_id.execution_id
        folder = await self._database.look_up(executions.find_folder, owner)
        # The URI came in an event, and an event may say anything.
        if folder is None or not key.startswith(f"{folder}/"):
            raise NoSuchEntity(f"the Deck of node {identifier.node_id!r} is not its execution's own")
        url = await asyncio.to_thread(self._links.download_url, key, lifetime)
        return PreSignedURLs(signed_url=[url], expires_at=_expiry(lifetime))


def _upload_key(request: CreateUploadLocationRequest) -> str:
    if request.content_md5 and len(request.content_md5) != _MD5_BYTES:
        raise InvalidRequest(f"content_md5 has {len(request.content_md5)} bytes: an MD5 has {_MD5_BYTES}")
    if request.filename_root:
        folder = check_entity_name("filename_root", request.filename_root)
    elif request.content_md5:
        folder = base64.b32encode(request.content_md5).decode().rstrip("=").lower()
    else:
        raise InvalidRequest("content_md5 is missing; it may be left out only when filename_root is given")
    name = _filename(request) if request.filename else secrets.token_hex(16)
    for part in (folder, *name.split("/")):
        if len(part.encode()) > _NAME_BYTES:
            raise InvalidRequest(f"{part[:40]!r}... is too long: {len(part.encode())} bytes, at most {_NAME_BYTES}")
    return f"{layout.code_prefix(request.project, request.domain)}/{folder}/{name}"


def _filename(request: CreateUploadLocationRequest) -> str:
    """The name to upload under; below a root of the client's own it may be a path: so folders are uploaded."""
    if not request.filename_root:
        return check_entity_name("filename", request.filename)
    return "/".join(check_entity_name("filename", part) for part in request.filename.split("/"))


def owned(key: str) -> str:
    """Return ``key`` if it lies in the folder of an execution, of an execution's data, or of an upload."""
    execution = _OF_EXECUTION.fullmatch(key)
    if execution is not None and any(layout.owners_named([execution["folder"]], DOMAINS)):
        return key
    found = _OWNED.fullmatch(key)
    if found is None:
        raise InvalidRequest(f"{key!r} belongs to no execution and to no upload: links are given for what does")
    check_scope(found["project"], found["domain"])
    return key


def _lifetime(asked: Duration) -> timedelta:
    # A message can hold more seconds than a timedelta.
    if abs(asked.seconds) > _MAX_LIFETIME.total_seconds():
        raise InvalidRequest(f"expires_in is {asked.seconds} seconds: at most {_MAX_LIFETIME} is allowed")
    lifetime = asked.ToTimedelta() or _DEFAULT_LIFETIME
    if not timedelta(0) < lifetime <= _MAX_LIFETIME:
        raise InvalidRequest(f"expires_in is {lifetime}: more than nothing and at most {_MAX_LIFETIME} is allowed")
    return lifetime


def _expiry(lifetime: timedelta) -> Timestamp:
    result = Timestamp()
    result.FromDatetime(datetime.now(UTC) + lifetime)
    return result
