"""Deletes executions: ``DELETE /live/executions/{project}/{domain}/{name}``.

What is on record goes at once, in one transaction that also notes what is to be removed from the store. A task of the
server removes that a little later, also after a restart: until it is done the name cannot be taken again, so nothing of
a new execution is ever removed in place of an old one's.
"""

import asyncio
import logging
from types import TracebackType
from typing import Final, Self

from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from livedeck.admin.db import deletions
from livedeck.admin.db.database import Database
from livedeck.admin.db.deletions import Removal, StillDriven
from livedeck.admin.db.writer import now
from livedeck.admin.names import check_execution, describe
from livedeck.admin.notifiers import Notifier
from livedeck.admin.objects import Objects
from livedeck.errors import LivedeckError

log = logging.getLogger(__name__)

RETRY: Final = 10.0
"""Seconds until a removal that failed is tried again: the store may be away."""
CLAIM: Final = 300.0
"""Seconds until a removal is begun anew whose server has not said what became of it: it was killed."""
RELEASE_TIMEOUT: Final = 10.0
"""Seconds that a deletion waits for the engine to let go of an execution that has ended."""
_LOOK_AGAIN: Final = 0.02
"""Seconds between two looks whether the engine has: another process may be the engine, so that nothing tells of it."""
_AT_A_TIME: Final = 100


class Deletion:
    """Deletes executions, and removes their data from the store. An async context manager: it runs a task.

    Args:
        database: Where they are on record.
        objects: Where their data is.
        release_timeout: Seconds that a deletion waits for the engine to let go of an execution that has ended.
    """

    def __init__(self, database: Database, objects: Objects, *, release_timeout: float = RELEASE_TIMEOUT) -> None:
        self._database = database
        self._objects = objects
        self._release_timeout = release_timeout
        self._deleted = Notifier()

    async def __aenter__(self) -> Self:
        self._remover = asyncio.create_task(self._remove_when_due(), name="deletion")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._remover.cancel()
        await asyncio.wait([self._remover])

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/live/executions/{project}/{domain}/{name}", self._delete, methods=["DELETE"])]

    async def delete(self, identifier: WorkflowExecutionIdentifier) -> None:
        """Delete an execution that is over: its record, its cached outputs, and all that its tasks left in the store.

        The executions that it started go with it.

        Files and frames that it was told to put elsewhere than in this server's store stay there.

        Raises:
            InvalidRequest: The identifier is none.
            NoSuchEntity: There is no such execution.
            StateForbids: It is not over, or others use its data.
        """
        check_execution(identifier)
        await self._remove_from_record(identifier)
        log.info("deletion.deleted execution=%s", describe(identifier))
        self._deleted.notify()

    async def _remove_from_record(self, identifier: WorkflowExecutionIdentifier) -> None:
        deadline = asyncio.get_running_loop().time() + self._release_timeout
        while True:
            try:
                await self._database.write(deletions.remove, identifier, self._objects.raw_data_key)
            except StillDriven:
                if asyncio.get_running_loop().time() >= deadline:
                    raise
                await asyncio.sleep(_LOOK_AGAIN)
            else:
                return

    async def _delete(self, request: Request) -> Response:
        given = request.path_params
        await self.delete(
            WorkflowExecutionIdentifier(project=given["project"], domain=given["domain"], name=given["name"])
        )
        return Response(status_code=204)

    async def _remove_when_due(self) -> None:
        while True:
            seen = self._deleted.count
            try:
                wait = await self._remove_due()
            except Exception:
                log.exception("deletion.removal_failed")
                wait = RETRY
            await self._deleted.wait(seen, timeout=wait)

    async def _remove_due(self) -> float:
        """Remove all that is due; return in how many seconds to look again."""
        while due := await self._database.read(deletions.due, now(), _AT_A_TIME):
            for removal in due:
                await self._remove_if_due(removal)
        upcoming = await self._database.read(deletions.next_due)
        return RETRY if upcoming is None else min(RETRY, max(0.0, (upcoming - now()) / 1_000_000))

    async def _remove_if_due(self, removal: Removal) -> None:
        """Remove what was found to be due, unless another server has done so since: the name may be in use again.

        One that fails is put off, so that the others do not wait for it.
        """
        if not await self._database.write(deletions.claim, removal, _later(CLAIM)):
            return
        try:
            await asyncio.to_thread(self._remove, removal)
        except LivedeckError as error:
            what = f"{removal.project}/{removal.domain}/{removal.name}"
            log.warning("deletion.again execution=%s error=%s", what, error)
            await self._database.write(deletions.put_off, removal.number, _later(RETRY))
        else:
            await self._database.write(deletions.removed, removal.number)

    def _remove(self, removal: Removal) -> None:
        for folder in filter(None, (removal.folder, removal.raw_data_key)):
            self._objects.store.delete_below(folder)


def _later(seconds: float) -> int:
    """Return the time so many seconds from now, in microseconds since the epoch."""
    return now() + int(seconds * 1_000_000)
