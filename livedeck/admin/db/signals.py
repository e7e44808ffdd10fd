"""Signals of executions: made when a gate is reached, set once by somebody, read by the engine."""

from typing import Final

from flyteidl.admin.signal_pb2 import Signal
from flyteidl.core.execution_pb2 import WorkflowExecution
from flyteidl.core.identifier_pb2 import SignalIdentifier, WorkflowExecutionIdentifier
from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, insert, select, update

from livedeck.admin.compiler.literals import fits, show
from livedeck.admin.compiler.types import assignable
from livedeck.admin.compiler.types import describe as describe_type
from livedeck.admin.db.tables import executions, signals
from livedeck.admin.db.writer import Transaction
from livedeck.admin.names import describe
from livedeck.admin.phases import WORKFLOW
from livedeck.errors import InvalidRequest, NoSuchEntity, StateForbids
from livedeck.literals.records import misfit

_e: Final = executions.c
_s: Final = signals.c


def find(connection: Connection, identifier: SignalIdentifier) -> Signal | None:
    """Return a signal; None if no gate that waits for it has been reached."""
    row = connection.execute(_signals().where(_is(identifier))).one_or_none()
    return None if row is None else _signal(identifier, row)


def list_of(
    connection: Connection, execution: WorkflowExecutionIdentifier, limit: int, offset: int
) -> tuple[list[Signal], bool]:
    """Return the signals of an execution, the oldest first, and whether there are more.

    Args:
        connection: Where to read.
        execution: Whose signals.
        limit: How many at most.
        offset: How many to leave out.
    """
    rows = connection.execute(
        _signals().where(_of(execution)).order_by(_s.created_at, _s.signal_id).offset(offset).limit(limit + 1)
    ).all()
    found = [_signal(SignalIdentifier(execution_id=execution, signal_id=row.signal_id), row) for row in rows]
    return found[:limit], len(found) > limit


def get_or_create(transaction: Transaction, identifier: SignalIdentifier, literal_type: LiteralType) -> Signal:
    """Return a signal, made if there is none.

    Args:
        transaction: In which.
        identifier: Which signal.
        literal_type: What it may be set to.

    Raises:
        NoSuchEntity: There is no such execution.
        InvalidRequest: There is one, of which values do not fit the type.
    """
    found = find(transaction.connection, identifier)
    if found is not None:
        if not assignable(found.type, literal_type):
            raise InvalidRequest(
                f"signal {identifier.signal_id!r} of execution {describe(identifier.execution_id)} is "
                f"{describe_type(found.type)} for another node that waits for it, not {describe_type(literal_type)}: "
                "give one of them another name"
            )
        return found
    execution = transaction.connection.scalar(select(_e.id).where(_of(identifier.execution_id)))
    if execution is None:
        raise NoSuchEntity(f"there is no execution {describe(identifier.execution_id)}")
    transaction.connection.execute(
        insert(signals).values(
            execution_id=execution,
            signal_id=identifier.signal_id,
            created_at=transaction.now,
            type=literal_type.SerializeToString(),
        )
    )
    return Signal(id=identifier, type=literal_type)


def set_value(transaction: Transaction, identifier: SignalIdentifier, value: Literal) -> None:
    """Set a signal. To set it to the same again changes nothing.

    Raises:
        NoSuchEntity: No gate that waits for it has been reached.
        InvalidRequest: The value is of another type.
        StateForbids: It was set to something else, or nothing waits for it any more, as the execution is over.
    """
    found = find(transaction.connection, identifier)
    of = describe(identifier.execution_id)
    if found is None:
        raise NoSuchEntity(
            f"there is no signal {identifier.signal_id!r} of execution {of}: it is there once a node waits for it"
        )
    if not fits(value, found.type):
        raise InvalidRequest(f"signal {identifier.signal_id!r} is {describe_type(found.type)}, not {show(value)}")
    wrong = misfit(value, found.type)
    if wrong:
        raise InvalidRequest(f"signal {identifier.signal_id!r} takes no such value: {wrong}")
    if found.HasField("value"):
        if found.value == value:
            return
        raise StateForbids(f"signal {identifier.signal_id!r} of execution {of} was set already, to {show(found.value)}")
    execution = transaction.connection.execute(select(_e.id, _e.phase).where(_of(identifier.execution_id))).one()
    if execution.phase in WORKFLOW.terminal:
        phase = WorkflowExecution.Phase.Name(execution.phase)
        raise StateForbids(
            f"execution {of} is over ({phase}): nothing waits for signal {identifier.signal_id!r} any more"
        )
    transaction.connection.execute(
        update(signals)
        .where(_s.execution_id == execution.id, _s.signal_id == identifier.signal_id)
        .values(value=value.SerializeToString())
    )
    transaction.signalled = True


def _signals() -> Select[tuple[str, bytes, bytes | None]]:
    return select(_s.signal_id, _s.type, _s.value).join(executions, _e.id == _s.execution_id)


def _is(identifier: SignalIdentifier) -> ColumnElement[bool]:
    return and_(_of(identifier.execution_id), _s.signal_id == identifier.signal_id)


def _of(execution: WorkflowExecutionIdentifier) -> ColumnElement[bool]:
    return and_(_e.project == execution.project, _e.domain == execution.domain, _e.name == execution.name)


def _signal(identifier: SignalIdentifier, row: Row[tuple[str, bytes, bytes | None]]) -> Signal:
    signal = Signal(id=identifier, type=LiteralType.FromString(row.type))
    if row.value is not None:
        signal.value.ParseFromString(row.value)
    return signal
