"""What admin keeps in and reads from the object store: literals, and where an execution's things lie.

Only objects below the store's own root are ever read: URIs arrive in events, and an event may say anything.
"""

import asyncio
import hashlib
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flyteidl.admin.execution_pb2 import Execution
from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import LiteralMap
from google.protobuf.message import DecodeError

from livedeck.admin.names import DOMAINS
from livedeck.errors import InvalidRequest, NoSuchEntity, ObjectNotFound, UnreadableObject
from livedeck.literals.parsing import parse_into
from livedeck.store import Store, join_uri, layout

_NAME: Final = rb"[A-Za-z0-9][A-Za-z0-9._-]{0,254}"  # as in `livedeck.store.layout`
INLINE_LIMIT: Final = 2 * 1024 * 1024
"""Bytes of literals above which an answer holds only their URI, as flyteadmin does: clients take 20 MB at most."""

READ_LIMIT: Final = 256 * 1024 * 1024
"""Bytes of stored literals that are read at all."""


@dataclass(frozen=True)
class StoredLiterals:
    """Literals in the store, as an answer shows them."""

    uri: str
    size: int
    """Bytes."""
    literals: LiteralMap | None
    """None when there are more than `INLINE_LIMIT` bytes of them."""


class Objects:
    """Admin's view of the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        root = re.escape(store.uri.encode())
        self._folders = re.compile(rb"%s/((?:%s/)+)" % (root, _NAME))

    @property
    def store(self) -> Store:
        """The store itself."""
        return self._store

    def new_folder(self, identifier: WorkflowExecutionIdentifier) -> str:
        """Return the folder of an execution that is about to be created, as a key."""
        return layout.execution_prefix(identifier.project, identifier.domain, identifier.name)

    def raw_data_prefix(self, execution: Execution) -> str:
        """Return the URI under which the user data of an execution goes: its own choice, or the store's folder."""
        identifier = execution.id
        chosen = execution.spec.raw_output_data_config.output_location_prefix
        if chosen:
            return join_uri(chosen.rstrip("/"), identifier.project, identifier.domain, identifier.name)
        return self._store.uri_of(layout.raw_data_prefix(identifier.project, identifier.domain, identifier.name))

    def raw_data_key(self, execution: Execution) -> str:
        """Return the folder of an execution's user data, below the store's root; empty when it is elsewhere."""
        uri, root = self.raw_data_prefix(execution), self._store.uri + "/"
        return uri[len(root) :] if uri.startswith(root) else ""

    def owners_in(self, data: bytes) -> list[WorkflowExecutionIdentifier]:
        """Return the executions whose data is named in literals: their files, frames and offloaded values.

        URIs may be anywhere in them, in a dataclass or a text too, so all of the bytes are searched. An execution may
        have been told where in the store to put its files, so whatever folders look like one's are taken for such: what
        there is no execution of nobody deletes.

        Args:
            data: The literals, serialized.
        """
        found: set[layout.Owner] = set()
        for folders in set(self._folders.findall(data)):
            found.update(layout.owners_named(folders.decode().split("/")[:-1], DOMAINS))
        return [
            WorkflowExecutionIdentifier(project=each.project, domain=each.domain, name=each.execution)
            for each in sorted(found)
        ]

    def key_of(self, uri: str) -> str:
        """Return the key of an object given by its URI, or, as flytekit's tasks have it, by its path on this machine.

        Raises:
            InvalidRequest: It lies outside of the store.
            InvalidKey: It is malformed, or would leave the store by ``..``.
        """
        root = self._store.uri + "/"
        if uri.startswith("/"):
            uri = f"file://{uri}"
        if not uri.startswith(root) or len(uri) == len(root):
            raise InvalidRequest(f"{uri!r} is not in this server's store ({self._store.uri})")
        key = uri[len(root) :]
        self._store.uri_of(key)  # refuses one that would leave the root
        return key

    async def write_inputs(self, folder: str, data: bytes, role: str) -> str:
        """Store an execution's inputs; return their URI.

        The name holds a digest of the content, so that two calls which race for one execution name cannot replace
        each other's inputs.

        Args:
            folder: The execution's.
            data: The inputs, serialized.
            role: ``inputs`` or ``user-inputs``.
        """
        digest = hashlib.sha256(data).hexdigest()[:16]
        key = f"{folder}/{role}-{digest}.pb"
        await self._store.aput(key, data)
        return self._store.uri_of(key)

    async def is_used(self, folder: str) -> bool:
        """Tell whether there is anything in an execution's folder but inputs, which may be of one that was refused.

        Where the database has no execution of that folder it is of one in another: that of before, of which the store
        was kept, or that of another server.
        """
        return await asyncio.to_thread(lambda: any("/" in key[len(folder) + 1 :] for key in self._store.list(folder)))

    async def read_literals(self, uri: str) -> LiteralMap:
        """Read stored literals, however many.

        Raises:
            NoSuchEntity: The object is gone.
            InvalidRequest: It lies outside of the store.
            UnreadableObject: It has more than `READ_LIMIT` bytes, is no regular file, or does not hold literals.
        """
        try:
            data = await self._store.aget(self.key_of(uri), limit=READ_LIMIT)
        except ObjectNotFound as error:
            raise NoSuchEntity(f"the data at {uri} is no longer in the store") from error
        literals = LiteralMap()
        try:
            await parse_into(literals, data)
        except DecodeError as error:
            raise UnreadableObject(f"the data at {uri} is not what was stored: {error}") from error
        return literals

    async def show_literals(self, uri: str) -> StoredLiterals | None:
        """Read stored literals if they are small enough for an answer; None when there are none at that URI."""
        if not uri:
            return None
        key = self.key_of(uri)
        meta = await self._store.ahead(key)
        if meta is None:
            return None
        if meta.size > INLINE_LIMIT:
            return StoredLiterals(uri, meta.size, None)
        return StoredLiterals(uri, meta.size, await self.read_literals(uri))

    async def md5_of(self, key: str) -> bytes | None:
        """Return the MD5 of an object's content; None when there is no such object."""
        if await self._store.ahead(key) is None:
            return None
        return await asyncio.to_thread(self._hash, key)

    def _hash(self, key: str) -> bytes:
        # By way of a file: an upload may be larger than memory.
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "object")
            self._store.download_to(key, path)
            with path.open("rb") as file:
                return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).digest()
