"""The tables, as SQLAlchemy Core sees them. The migrations build the same; a test compares the two.

Rows hold the protobuf message of the entity as a blob, plus the few columns that are filtered, sorted or joined by.
Times are microseconds since the epoch (UTC) and durations microseconds, as integers: they sort, index and compare
alike on SQLite and PostgreSQL. Phases and states are the numbers of Flyte's enums.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite gives ids by itself only to a column of exactly this type.
_ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")


NAME_LENGTH: Final = 255
"""Characters of names and ids, at most."""


def _name(column: str, *, primary_key: bool = False) -> Column[str]:
    return Column(column, String(NAME_LENGTH), nullable=False, primary_key=primary_key)


def _time(column: str, *, nullable: bool = False) -> Column[int]:
    return Column(column, BigInteger, nullable=nullable)


def _part(name: str, condition: str, *columns: str) -> Index:
    """An index of the rows for which a condition holds."""
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


projects: Final = Table(
    "projects",
    metadata,
    _name("id", primary_key=True),
    _name("name"),
    Column("description", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    _time("created_at"),
    Column("message", LargeBinary, nullable=False),
    Index("ix_projects_by_time", "created_at", "id"),
)


def _versioned(table: str, *more: Column[int] | Column[str] | Column[bool] | Column[bytes] | Index) -> Table:
    """A table of registered entities: immutable, identified by project, domain, name and version."""
    return Table(
        table,
        metadata,
        Column("id", _ROW_ID, primary_key=True),
        _name("project"),
        _name("domain"),
        _name("name"),
        _name("version"),
        # SHA-256 of the canonical form of what was registered.
        Column("digest", LargeBinary, nullable=False),
        # Made by the server (`.flytegen.*`), so left out of lists.
        Column("hidden", Boolean, nullable=False),
        _time("created_at"),
        Column("message", LargeBinary, nullable=False),
        *more,
        UniqueConstraint("project", "domain", "name", "version"),
        # Lists leave out what is hidden, and show the newest first.
        Index(f"ix_{table}_by_time", "project", "domain", "hidden", "created_at", "id"),
        Index(f"ix_{table}_by_name", "project", "domain", "hidden", "name", "created_at", "id"),
    )


tasks: Final = _versioned("tasks", _name("type"))
# `message` is what lists show (no nodes), `closure` the CompiledWorkflowClosure: stored once, here.
workflows: Final = _versioned("workflows", Column("closure", LargeBinary, nullable=False))
launch_plans: Final = _versioned(
    "launch_plans",
    Column("workflow_id", _ROW_ID, ForeignKey("workflows.id"), nullable=False),
    _name("workflow_name"),
    Column("state", SmallInteger, nullable=False),
    Column("scheduled", Boolean, nullable=False),
    _time("updated_at"),
    Index("ix_launch_plans_by_workflow", "project", "domain", "hidden", "workflow_name", "created_at", "id"),
    Index("ix_launch_plans_by_state", "project", "domain", "hidden", "state", "created_at", "id"),
)

executions: Final = Table(
    "executions",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    _name("project"),
    _name("domain"),
    _name("name"),
    Column("workflow_id", _ROW_ID, ForeignKey("workflows.id"), nullable=False),
    _name("workflow_name"),
    _name("workflow_version"),
    # The launch plan's or, for a task that runs on its own, the task's name and version.
    Column("resource_type", SmallInteger, nullable=False),
    _name("launch_plan_name"),
    _name("launch_plan_version"),
    Column("phase", SmallInteger, nullable=False),
    # Archived or not: `ExecutionState`.
    Column("state", SmallInteger, nullable=False),
    Column("mode", SmallInteger, nullable=False),
    _name("principal"),
    _time("created_at"),
    _time("updated_at"),
    _time("started_at", nullable=True),
    Column("duration", BigInteger, nullable=True),
    Column("error_code", Text, nullable=True),
    # Parent of a child execution that a launch-plan node started.
    Column("parent_execution_id", _ROW_ID, ForeignKey("executions.id"), nullable=True),
    Column("parent_node_id", String(NAME_LENGTH), nullable=True),
    # Where its objects lie, below the store's root.
    Column("folder", Text, nullable=False, server_default=""),
    # What is gone because of its age: bits, see `livedeck.admin.db.retention`.
    Column("removed", SmallInteger, nullable=False, server_default="0"),
    # What it takes in the store; nobody has looked before there is a rule about it.
    Column("stored_bytes", BigInteger, nullable=True),
    Column("inputs_uri", Text, nullable=False),
    # What the caller gave, before defaults and fixed inputs: what a relaunch starts from.
    Column("user_inputs_uri", Text, nullable=False),
    Column("abort_cause", Text, nullable=False),
    Column("lease_owner", String(NAME_LENGTH), nullable=True),
    _time("lease_until", nullable=True),
    # Number of the event that last changed the row.
    Column("changed", BigInteger, nullable=False),
    Column("message", LargeBinary, nullable=False),
    UniqueConstraint("project", "domain", "name"),
    # Dashes do not tell where a project's name ends: two executions may want one folder, and only one gets it.
    Index("ix_executions_folder", "folder", unique=True),
    Index(None, "changed"),
    Index(None, "phase", "id"),
    Index(None, "project", "domain", "changed"),
    _part("ix_executions_by_parent", "parent_execution_id IS NOT NULL", "parent_execution_id", "id"),
    # What lists are filtered by, and then their order. A part of a workflow's name is looked for in the index alone:
    # the rows of one phase lie far apart.
    Index("ix_executions_by_time", "project", "domain", "created_at", "id", postgresql_include=["workflow_name"]),
    _part("ix_executions_unmeasured", "stored_bytes IS NULL", "project", "domain", "created_at", "id"),
    Index("ix_executions_by_removed", "project", "domain", "removed", "created_at", "id"),
    Index(
        "ix_executions_by_phase", "project", "domain", "phase", "created_at", "id", postgresql_include=["workflow_name"]
    ),
    Index("ix_executions_by_workflow", "project", "domain", "workflow_name", "created_at", "id"),
    Index("ix_executions_by_launch_plan", "project", "domain", "launch_plan_name", "created_at", "id"),
)

node_executions: Final = Table(
    "node_executions",
    metadata,
    Column("execution_id", _ROW_ID, ForeignKey("executions.id"), primary_key=True, autoincrement=False),
    _name("node_id", primary_key=True),
    Column("parent_node_id", String(NAME_LENGTH), nullable=True),
    Column("phase", SmallInteger, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    _time("started_at", nullable=True),
    Column("duration", BigInteger, nullable=True),
    # Number of the event that made the row: what "oldest first" goes by.
    Column("born", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("message", LargeBinary, nullable=False),
    # DynamicWorkflowNodeMetadata of the event: too big to be read with every row.
    Column("dynamic_workflow", LargeBinary, nullable=True),
    Index(None, "changed"),
    Index(None, "execution_id", "changed"),
    # In two: PostgreSQL does not take rows without a parent for rows with the same parent, and would sort them.
    _part("ix_node_executions_top_level", "parent_node_id IS NULL", "execution_id", "created_at", "born"),
    _part(
        "ix_node_executions_by_parent",
        "parent_node_id IS NOT NULL",
        "execution_id",
        "parent_node_id",
        "created_at",
        "born",
    ),
)

# The attempts of nodes, and of the items of array nodes: those go by the item's name (`n0:17`), and have no node's row.
task_executions: Final = Table(
    "task_executions",
    metadata,
    Column("execution_id", _ROW_ID, primary_key=True, autoincrement=False),
    _name("node_id", primary_key=True),
    _name("project", primary_key=True),
    _name("domain", primary_key=True),
    _name("name", primary_key=True),
    _name("version", primary_key=True),
    Column("retry_attempt", BigInteger, primary_key=True, autoincrement=False),
    Column("phase", SmallInteger, nullable=False),
    Column("phase_version", BigInteger, nullable=False),
    _time("created_at"),
    _time("updated_at"),
    _time("started_at", nullable=True),
    Column("duration", BigInteger, nullable=True),
    Column("born", BigInteger, nullable=False),
    Column("changed", BigInteger, nullable=False),
    Column("message", LargeBinary, nullable=False),
    ForeignKeyConstraint(["execution_id"], ["executions.id"]),
    Index(None, "changed"),
    Index(None, "execution_id", "changed"),
)

# Append-only: every event in the order in which it took effect. The entities above are what they add up to.
events: Final = Table(
    "events",
    metadata,
    Column("number", _ROW_ID, primary_key=True, autoincrement=False),
    Column("execution_id", _ROW_ID, ForeignKey("executions.id"), nullable=False),
    # `EventKind`: which of Flyte's three event messages `message` holds.
    Column("kind", SmallInteger, nullable=False),
    Column("phase", SmallInteger, nullable=False),
    _time("recorded_at"),
    Column("message", LargeBinary, nullable=False),
    Index(None, "execution_id", "number"),
)

cached_outputs: Final = Table(
    "cached_outputs",
    metadata,
    Column("key", String(512), primary_key=True),
    Column("output_uri", Text, nullable=False),
    # TaskExecutionIdentifier of the attempt that made them, and the row of its execution.
    Column("source", LargeBinary, nullable=False),
    Column("execution_id", _ROW_ID, ForeignKey("executions.id"), nullable=True),
    _time("created_at"),
    Index(None, "execution_id"),
)

# Outputs that a node computes while others with the same inputs wait for them (Flyte's `cache_serializable`).
cache_reservations: Final = Table(
    "cache_reservations",
    metadata,
    Column("key", String(512), primary_key=True),
    Column("execution_id", _ROW_ID, ForeignKey("executions.id"), nullable=False),
    _name("node_id"),
    _time("created_at"),
    Index(None, "execution_id"),
)

# Which executions hold data of which others: taken from the cache, or given to them as inputs.
execution_uses: Final = Table(
    "execution_uses",
    metadata,
    Column("execution_id", _ROW_ID, ForeignKey("executions.id"), primary_key=True, autoincrement=False),
    Column("used_id", _ROW_ID, ForeignKey("executions.id"), primary_key=True, autoincrement=False),
    Index(None, "used_id"),
)

# What the gates of executions wait for: there is a row once a gate has been reached.
signals: Final = Table(
    "signals",
    metadata,
    Column("execution_id", _ROW_ID, ForeignKey("executions.id"), primary_key=True, autoincrement=False),
    _name("signal_id", primary_key=True),
    _time("created_at"),
    # A LiteralType, and a Literal of it once somebody has set the signal.
    Column("type", LargeBinary, nullable=False),
    Column("value", LargeBinary, nullable=True),
)

# Executions that were deleted: what viewers are told, and what is still to be removed from the store.
deleted_executions: Final = Table(
    "deleted_executions",
    metadata,
    # A number of the event log.
    Column("changed", BigInteger, primary_key=True, autoincrement=False),
    _name("project"),
    _name("domain"),
    _name("name"),
    _time("deleted_at"),
    # When its data is to be removed; null once that is done.
    _time("remove_at", nullable=True),
    # Where its objects lie, and where its files and frames, below the store's root; the latter empty when elsewhere.
    Column("folder", Text, nullable=False, server_default=""),
    Column("raw_data_key", Text, nullable=False),
    # An Execution with nothing but its id.
    Column("message", LargeBinary, nullable=False),
    Index(None, "remove_at"),
    Index(None, "project", "domain", "name"),
    _part("ix_deleted_executions_folder", "remove_at IS NOT NULL", "folder"),
)

# The names of registered entities, without those that the server makes up.
named_entities: Final = Table(
    "named_entities",
    metadata,
    Column("resource_type", SmallInteger, primary_key=True, autoincrement=False),
    _name("project", primary_key=True),
    _name("domain", primary_key=True),
    _name("name", primary_key=True),
    Column("description", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
)

descriptions: Final = Table(
    "descriptions",
    metadata,
    Column("resource_type", SmallInteger, primary_key=True, autoincrement=False),
    _name("project", primary_key=True),
    _name("domain", primary_key=True),
    _name("name", primary_key=True),
    _name("version", primary_key=True),
    _time("created_at"),
    Column("message", LargeBinary, nullable=False),
)

# One row: a name that was made up when the table was. The numbers of changes mean something only together with it.
identity: Final = Table(
    "identity",
    metadata,
    Column("id", String(32), primary_key=True),
    # What links are signed with where several servers share the database.
    Column("secret", LargeBinary, nullable=False, server_default=""),
    # The oldest schema whose servers can use the database as it stands: see `livedeck.admin.db.migrate`.
    Column("oldest_schema", String(32), nullable=False, server_default="0013"),
)

# How far each of those who follow the event log has come: what is before that number need not be looked at again.
positions: Final = Table(
    "positions",
    metadata,
    _name("reader", primary_key=True),
    Column("number", BigInteger, nullable=False),
)
