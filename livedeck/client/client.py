"""The client: what the command line and the SDK say to a control plane."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from livedeck.client import follow, transfer
from livedeck.client.entities import Entities
from livedeck.client.executions import Executions
from livedeck.client.files import StoredFile, StoredValue
from livedeck.client.removal import RemovalPlan
from livedeck.client.sse import ServerEvent
from livedeck.client.streams import Stream, StreamTimeouts
from livedeck.errors import UserError

if TYPE_CHECKING:
    from flyteidl.core.identifier_pb2 import NodeExecutionIdentifier, WorkflowExecutionIdentifier


_AT_ONCE = 8


class Client(Entities, Executions):
    """Everything that can be asked of a control plane. Its options are those of ``Connection``."""

    def version(self) -> str:
        """Return the server's version.

        Raises:
            RemoteUnavailable: there is no server.
        """
        from flyteidl.admin.version_pb2 import GetVersionRequest

        answer = self._calls.call("GetVersion", GetVersionRequest())
        return answer.control_plane_version.Version  # type: ignore[no-any-return]

    def upload(self, content: bytes | Path, filename: str, *, md5: bytes | None = None) -> str:
        """Upload bytes or a file and return the URI that it has for tasks; the same content has the same one.

        Args:
            content: bytes, or the path of a file, which is streamed.
            filename: the last part of the URI.
            md5: of the content, if it is known; 16 bytes.

        Raises:
            RemoteError: the control plane, or the store behind its link, refused.
        """
        return self._upload(content, filename, md5 or transfer.md5_of(content), "")

    def upload_folder(self, folder: Path) -> str:
        """Upload every file in a folder and return the URI that all of them are below; the same for the same content.

        Args:
            folder: what is in it is uploaded, with all folders below.

        Raises:
            UserError: there is no file in it.
            RemoteError: the control plane, or the store behind its link, refused.
        """
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        if not files:
            raise UserError(f"{folder} has no files in it that could be uploaded")
        names = [path.relative_to(folder).as_posix() for path in files]
        digests = [transfer.md5_of(path) for path in files]
        contents = "\0".join(f"{name}\0{digest.hex()}" for name, digest in zip(names, digests, strict=True))
        root = transfer.md5_of(contents.encode()).hex()
        with ThreadPoolExecutor(min(_AT_ONCE, len(files)), thread_name_prefix="livedeck-upload") as pool:
            uris = list(pool.map(self._upload, files, names, digests, repeat(root)))
        return uris[0].removesuffix(f"/{names[0]}")

    def _upload(self, content: bytes | Path, filename: str, digest: bytes, root: str) -> str:
        from flyteidl.service.dataproxy_pb2 import CreateUploadLocationRequest

        request = CreateUploadLocationRequest(
            project=self.project, domain=self.domain, filename=filename, content_md5=digest, filename_root=root
        )
        location = self._calls.call("CreateUploadLocation", request)
        if location.signed_url:  # without one, the control plane has that content already
            headers = {"Content-MD5": transfer.md5_header(digest), **location.headers}
            transfer.put(location.signed_url, content, headers, timeout=self._timeout, backoff=self._backoff)
        return location.native_url  # type: ignore[no-any-return]

    def deck_link(self, node: "NodeExecutionIdentifier") -> str:
        """Return a link to a node's ``deck.html`` that works for a while.

        Args:
            node: id of the node.

        Raises:
            RemoteNotFound: it has no Deck.
        """
        from flyteidl.service.dataproxy_pb2 import CreateDownloadLinkRequest

        request = CreateDownloadLinkRequest(artifact_type="ARTIFACT_TYPE_DECK", node_execution_id=node)
        answer = self._calls.call("CreateDownloadLink", request)
        links: list[str] = [*answer.pre_signed_urls.signed_url, *answer.signed_url]  # the latter in older servers
        return links[0]

    def files(self, uri: str) -> list[StoredFile]:
        """Return the files at the URI of a file, folder or frame among inputs or outputs.

        Args:
            uri: as it stands in a literal.

        Raises:
            RemoteNotFound: there is nothing.
            RemoteInvalid: it is not in the server's store, or belongs to no execution.
        """
        url = f"{self.endpoint.url}/live/files?uri={quote(uri, safe='')}"
        answer = json.loads(transfer.request("GET", url, timeout=self._timeout, backoff=self._backoff))
        return [StoredFile(each["name"], each["url"]) for each in answer["files"]]

    def download(self, value: StoredValue, folder: Path) -> list[Path]:
        """Copy a file, folder, frame or pickle among inputs or outputs to this machine.

        Args:
            value: which, as ``livedeck.client.files.stored_in`` finds it.
            folder: what it is copied into, under the name of the input or output. Folders that are missing are made.

        Returns:
            The files that were written.

        Raises:
            RemoteNotFound: there is nothing.
            RemoteInvalid: it is not in the server's store.
            UserError: a file's name leads out of ``folder``.
        """
        found = self.files(value.uri)
        paths = value.paths(folder, [each.name for each in found])
        for path, each in zip(paths, found, strict=True):
            path.parent.mkdir(parents=True, exist_ok=True)
            transfer.get_to(each.url, path, timeout=self._timeout, backoff=self._backoff)
        return paths

    def delete_execution(self, id: "WorkflowExecutionIdentifier") -> None:
        """Delete an execution that is over, with its Decks, logs, inputs, outputs and files.

        Args:
            id: of the execution.

        Raises:
            RemoteNotFound: there is none.
            RemoteConflict: it is not over, or others use its data.
        """
        url = f"{self.endpoint.url}{follow.execution_path(id)}"
        transfer.request("DELETE", url, timeout=self._timeout, backoff=self._backoff)

    def due_for_removal(self) -> RemovalPlan:
        """Return what the server would remove now because of its age.

        Raises:
            RemoteUnavailable: there is no server.
        """
        return RemovalPlan.read(
            transfer.get(f"{self.endpoint.url}/live/retention", timeout=self._timeout, backoff=self._backoff)
        )

    def remove_due(self) -> None:
        """Have the server remove now what it would remove within the hour.

        Raises:
            RemoteUnavailable: there is no server.
        """
        transfer.request("POST", f"{self.endpoint.url}/live/retention", timeout=self._timeout, backoff=self._backoff)

    def console_url(self, id: "WorkflowExecutionIdentifier") -> str:
        """Return the address of an execution's page in the console.

        Args:
            id: of the execution.
        """
        project, domain, name = (quote(part, safe="") for part in (id.project, id.domain, id.name))
        return f"{self.endpoint.url}/console/projects/{project}/domains/{domain}/executions/{name}"

    def follow(
        self,
        id: "WorkflowExecutionIdentifier",
        *,
        timeout: float | None = None,
        outage: float = 60.0,
    ) -> Iterator[follow.Change]:
        """Yield the changes of an execution as they happen, until it has ended.

        Goes on through a restart of the server. Entities come whole, and after one another in the order that
        things happened; what had happened before comes first, up to ``CaughtUp``.

        Args:
            id: of the execution.
            timeout: seconds for the whole; None: no limit.
            outage: seconds without a server, before giving up.

        Returns:
            An iterator that waits for each change.

        Raises:
            RemoteNotFound: there is no such execution.
            RemoteUnavailable: no server for too long, or the time is up.
        """
        return follow.changes(self.endpoint, id, StreamTimeouts(timeout, outage))

    def follow_deck(
        self,
        node: "NodeExecutionIdentifier",
        *,
        attempt: int | str = "latest",
        timeout: float | None = None,
        outage: float = 60.0,
    ) -> Iterator[ServerEvent]:
        """Yield the events of a Deck (``state``, ``snapshot``, ``segment``, ``end``) as they come, up to ``end``.

        Their data are the JSON of ``livedeck.admin.live.messages``.

        Args:
            node: id of the node.
            attempt: its number, from 0, or ``latest``.
            timeout: seconds for the whole; None: no limit.
            outage: seconds without a server, before giving up.

        Returns:
            An iterator that waits for each event.
        """
        path = follow.node_path("decks", node, attempt)
        return iter(Stream(self.endpoint, path, ("end",), StreamTimeouts(timeout, outage)))

    def follow_log(
        self,
        node: "NodeExecutionIdentifier",
        *,
        attempt: int | str = "latest",
        timeout: float | None = None,
        outage: float = 60.0,
    ) -> Iterator[ServerEvent]:
        """Yield the events of an attempt's log (``chunk``, ``end``) as they come, up to ``end``.

        The id of a ``chunk`` is ``attempt.seq``. With ``latest``, the logs of further attempts follow, and ``end``
        comes when there can be none.

        Args:
            node: id of the node.
            attempt: its number, from 0, or ``latest``.
            timeout: seconds for the whole; None: no limit.
            outage: seconds without a server, before giving up.

        Returns:
            An iterator that waits for each event.
        """
        path = follow.node_path("logs", node, attempt)
        return iter(Stream(self.endpoint, path, ("end",), StreamTimeouts(timeout, outage)))
