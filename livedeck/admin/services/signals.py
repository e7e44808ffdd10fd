"""Serves Flyte's SignalService: what the gates of executions wait for."""

from collections.abc import Mapping
from typing import Final

from flyteidl.admin.signal_pb2 import (
    Signal,
    SignalGetOrCreateRequest,
    SignalList,
    SignalListRequest,
    SignalSetRequest,
    SignalSetResponse,
)
from flyteidl.core.identifier_pb2 import SignalIdentifier

from livedeck.admin.db import executions, signals
from livedeck.admin.db.cursors import Offset, parse_token
from livedeck.admin.db.database import Database
from livedeck.admin.db.tables import NAME_LENGTH
from livedeck.admin.names import check_execution, check_text, describe
from livedeck.admin.services.calls import Handler
from livedeck.errors import InvalidRequest, NoSuchEntity

_MOST: Final = 1000
"""Signals of one page."""


class SignalCalls:
    """The calls about signals; what may be set, and that it is set once, is in `db.signals`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers by method name."""
        return {"GetOrCreateSignal": self._get_or_create, "ListSignals": self._list, "SetSignal": self._set}

    async def _get_or_create(self, request: SignalGetOrCreateRequest) -> Signal:
        _check(request.id)
        if request.type.WhichOneof("type") is None:
            raise InvalidRequest(f"signal {request.id.signal_id!r} has no type")
        return await self._database.write(signals.get_or_create, request.id, request.type)

    async def _list(self, request: SignalListRequest) -> SignalList:
        execution = request.workflow_execution_id
        check_execution(execution)
        if request.filters or request.sort_by.key not in ("", "created_at"):
            raise InvalidRequest("signals are listed whole, the oldest first: leave out filters and sort_by")
        if not 0 < request.limit <= _MOST:
            raise InvalidRequest(f"limit {request.limit}: give one from 1 to {_MOST}")
        place = parse_token(request.token, None)
        assert isinstance(place, Offset)  # lists of signals give out no cursors
        if await self._database.look_up(executions.find, execution) is None:
            raise NoSuchEntity(f"there is no execution {describe(execution)}")
        found, more = await self._database.read(signals.list_of, execution, request.limit, place.count)
        return SignalList(signals=found, token=str(place.count + request.limit) if more else "")

    async def _set(self, request: SignalSetRequest) -> SignalSetResponse:
        _check(request.id)
        await self._database.write(signals.set_value, request.id, request.value)
        return SignalSetResponse()


def _check(identifier: SignalIdentifier) -> None:
    check_execution(identifier.execution_id)
    check_text("signal id", identifier.signal_id, limit=NAME_LENGTH)
    if not identifier.signal_id:
        raise InvalidRequest("a signal's id is empty: it is the name of its node")
