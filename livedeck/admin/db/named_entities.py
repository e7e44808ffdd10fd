"""Rows about names rather than versions: descriptions, and whether a name is archived."""

from typing import Any, Final, cast

from flyteidl.admin.common_pb2 import (
    NamedEntity,
    NamedEntityIdentifier,
    NamedEntityMetadata,
    NamedEntityState,
)
from flyteidl.admin.description_entity_pb2 import DescriptionEntity
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from sqlalchemy import Connection, insert, select, update

from livedeck.admin.db.entities import KINDS
from livedeck.admin.db.list_columns import NAMED_ENTITIES
from livedeck.admin.db.list_queries import Field, Listing, Page
from livedeck.admin.db.paging import fetch
from livedeck.admin.db.tables import descriptions, named_entities
from livedeck.admin.db.writer import Transaction
from livedeck.errors import NoSuchEntity

_n, _d = named_entities.c, descriptions.c

DESCRIPTIONS: Final = Listing(
    "description_entity",
    {name: Field(_d[name]) for name in ("project", "domain", "name", "version")},
    [_d.created_at, _d.version],
)


def list_named(
    connection: Connection, resource_type: ResourceType, project: str, domain: str, page: Page
) -> tuple[list[NamedEntity], str]:
    """Return one page of the names in use, with what is known of them.

    Raises:
        InvalidRequest: The page makes no sense.
    """
    query = select(_n.name, _n.state, _n.description).where(
        _n.resource_type == resource_type, _n.project == project, _n.domain == domain
    )

    def parse(row: Any) -> NamedEntity:
        identifier = NamedEntityIdentifier(project=project, domain=domain, name=row.name)
        return _named_entity(resource_type, identifier, row.description, row.state)

    return fetch(connection, query, NAMED_ENTITIES, page, parse)


def find_named(connection: Connection, resource_type: ResourceType, identifier: NamedEntityIdentifier) -> NamedEntity:
    """Return what is known of a name.

    Raises:
        NoSuchEntity: Nothing was registered under it.
    """
    row = connection.execute(select(_n.description, _n.state).where(*_key(resource_type, identifier))).one_or_none()
    if row is None:
        path = f"{identifier.project}/{identifier.domain}/{identifier.name}"
        raise NoSuchEntity(f"there is no {KINDS[resource_type].name} {path}")
    return _named_entity(resource_type, identifier, row.description, row.state)


def set_named(
    transaction: Transaction,
    resource_type: ResourceType,
    identifier: NamedEntityIdentifier,
    metadata: NamedEntityMetadata,
) -> None:
    """Describe or archive a name.

    Raises:
        NoSuchEntity: Nothing was registered under it.
    """
    connection = transaction.connection
    find_named(connection, resource_type, identifier)
    values = {"description": metadata.description, "state": metadata.state}
    connection.execute(update(named_entities).where(*_key(resource_type, identifier)).values(values))


def add_description(transaction: Transaction, identifier: Identifier, description: DescriptionEntity) -> None:
    """Keep the words that came along with a registration."""
    message = DescriptionEntity()
    message.CopyFrom(description)
    message.id.CopyFrom(identifier)
    transaction.connection.execute(
        insert(descriptions).values(
            resource_type=identifier.resource_type,
            project=identifier.project,
            domain=identifier.domain,
            name=identifier.name,
            version=identifier.version,
            created_at=transaction.now,
            message=message.SerializeToString(),
        )
    )


def find_description(connection: Connection, identifier: Identifier) -> DescriptionEntity | None:
    """Return the words about one version."""
    message = connection.scalar(
        select(_d.message).where(
            _d.resource_type == identifier.resource_type,
            _d.project == identifier.project,
            _d.domain == identifier.domain,
            _d.name == identifier.name,
            _d.version == identifier.version,
        )
    )
    return None if message is None else DescriptionEntity.FromString(message)


def list_descriptions(
    connection: Connection, resource_type: ResourceType, scope: NamedEntityIdentifier, page: Page
) -> tuple[list[DescriptionEntity], str]:
    """Return one page of the words about the versions of a name, or of all names of a project and domain.

    Raises:
        InvalidRequest: The page makes no sense.
    """
    query = select(_d.message).where(
        _d.resource_type == resource_type, _d.project == scope.project, _d.domain == scope.domain
    )
    if scope.name:
        query = query.where(_d.name == scope.name)
    return fetch(connection, query, DESCRIPTIONS, page, lambda row: DescriptionEntity.FromString(row.message))


def _named_entity(
    resource_type: ResourceType, identifier: NamedEntityIdentifier, description: str, state: int
) -> NamedEntity:
    metadata = NamedEntityMetadata(description=description)
    metadata.state = cast("NamedEntityState", state)  # whatever number is stored, also one without a name
    return NamedEntity(resource_type=resource_type, id=identifier, metadata=metadata)


def _key(resource_type: ResourceType, identifier: NamedEntityIdentifier) -> tuple[Any, ...]:
    return (
        _n.resource_type == resource_type,
        _n.project == identifier.project,
        _n.domain == identifier.domain,
        _n.name == identifier.name,
    )
