"""Serves the calls about names (description, archived or not) and descriptions of versions."""

from collections.abc import Mapping

from flyteidl.admin.common_pb2 import (
    NamedEntity,
    NamedEntityGetRequest,
    NamedEntityIdentifier,
    NamedEntityList,
    NamedEntityListRequest,
    NamedEntityState,
    NamedEntityUpdateRequest,
    NamedEntityUpdateResponse,
    ObjectGetRequest,
)
from flyteidl.admin.description_entity_pb2 import (
    DescriptionEntity,
    DescriptionEntityList,
    DescriptionEntityListRequest,
)
from flyteidl.core.identifier_pb2 import ResourceType

from livedeck.admin.db import named_entities
from livedeck.admin.db.database import Database
from livedeck.admin.db.entities import KINDS
from livedeck.admin.names import (
    check_entity_name,
    check_identifier,
    check_member,
    check_scope,
    check_text,
    describe,
)
from livedeck.admin.services.calls import Handler
from livedeck.admin.services.paging import page_of
from livedeck.errors import InvalidRequest, NoSuchEntity


class NamedEntityCalls:
    """The calls about names and descriptions; the rows are in `db.named_entities`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers by method name."""
        return {
            "ListNamedEntities": self._list,
            "GetNamedEntity": self._get,
            "UpdateNamedEntity": self._update,
            "GetDescriptionEntity": self._get_description,
            "ListDescriptionEntities": self._list_descriptions,
        }

    async def _list(self, request: NamedEntityListRequest) -> NamedEntityList:
        kind = _checked(request.resource_type)
        check_scope(request.project, request.domain)
        found, token = await self._database.read(
            named_entities.list_named, kind, request.project, request.domain, page_of(request)
        )
        return NamedEntityList(entities=found, token=token)

    async def _get(self, request: NamedEntityGetRequest) -> NamedEntity:
        kind = _checked(request.resource_type)
        return await self._database.read(named_entities.find_named, kind, _checked_name(request.id))

    async def _update(self, request: NamedEntityUpdateRequest) -> NamedEntityUpdateResponse:
        kind = _checked(request.resource_type)
        check_member("state", request.metadata.state, NamedEntityState)
        check_text("description", request.metadata.description)
        await self._database.write(named_entities.set_named, kind, _checked_name(request.id), request.metadata)
        return NamedEntityUpdateResponse()

    async def _get_description(self, request: ObjectGetRequest) -> DescriptionEntity:
        _checked(request.id.resource_type)
        check_identifier(request.id)
        found = await self._database.read(named_entities.find_description, request.id)
        if found is None:
            raise NoSuchEntity(f"{describe(request.id)} was registered without a description")
        return found

    async def _list_descriptions(self, request: DescriptionEntityListRequest) -> DescriptionEntityList:
        kind = _checked(request.resource_type)
        check_scope(request.id.project, request.id.domain)
        if request.id.name:
            check_entity_name("name", request.id.name)
        found, token = await self._database.read(named_entities.list_descriptions, kind, request.id, page_of(request))
        return DescriptionEntityList(descriptionEntities=found, token=token)


def _checked(kind: ResourceType) -> ResourceType:
    if kind not in KINDS:
        known = ", ".join(ResourceType.Name(each) for each in KINDS)
        raise InvalidRequest(f"resource type {kind} has no names: it is one of {known}")
    return kind


def _checked_name(identifier: NamedEntityIdentifier) -> NamedEntityIdentifier:
    check_scope(identifier.project, identifier.domain)
    check_entity_name("name", identifier.name)
    return identifier
