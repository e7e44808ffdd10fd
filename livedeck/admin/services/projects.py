"""Serves the calls about projects and domains."""

from collections.abc import Mapping

from flyteidl.admin.project_pb2 import (
    Domain,
    GetDomainRequest,
    GetDomainsResponse,
    Project,
    ProjectGetRequest,
    ProjectListRequest,
    ProjectRegisterRequest,
    ProjectRegisterResponse,
    Projects,
    ProjectUpdateResponse,
)

from livedeck.admin.db import projects
from livedeck.admin.db.database import Database
from livedeck.admin.db.tables import NAME_LENGTH
from livedeck.admin.names import DOMAINS, check_member, check_project, check_text
from livedeck.admin.services.calls import Handler
from livedeck.admin.services.paging import page_of
from livedeck.errors import NoSuchEntity


class ProjectCalls:
    """The calls about projects. Each has the same domains, which are added to what is stored."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def handlers(self) -> Mapping[str, Handler]:
        """Return the handlers by method name."""
        return {
            "RegisterProject": self._register,
            "UpdateProject": self._update,
            "GetProject": self._get,
            "ListProjects": self._list,
            "GetDomains": self._domains,
        }

    async def _register(self, request: ProjectRegisterRequest) -> ProjectRegisterResponse:
        project = _checked(request.project)
        project.name = project.name or project.id
        await self._database.write(projects.add, project)
        return ProjectRegisterResponse()

    async def _update(self, request: Project) -> ProjectUpdateResponse:
        await self._database.write(projects.change, _checked(request))
        return ProjectUpdateResponse()

    async def _get(self, request: ProjectGetRequest) -> Project:
        check_project(request.id)
        found = await self._database.read(projects.find, request.id)
        if found is None:
            raise NoSuchEntity(f"there is no project {request.id!r}")
        return _with_domains(found)

    async def _list(self, request: ProjectListRequest) -> Projects:
        # Flyte's own clients ask for projects without a limit.
        request.limit = request.limit or 100
        found, token = await self._database.read(projects.list_all, page_of(request))
        return Projects(projects=[_with_domains(project) for project in found], token=token)

    async def _domains(self, _request: GetDomainRequest) -> GetDomainsResponse:
        return GetDomainsResponse(domains=_domains())


def _domains() -> list[Domain]:
    return [Domain(id=domain, name=domain) for domain in DOMAINS]


def _checked(project: Project) -> Project:
    """Return what is kept of a project as it was sent: without domains."""
    check_project(project.id)
    check_text("project name", project.name, limit=NAME_LENGTH)
    check_text("project description", project.description)
    check_member("project state", project.state, Project.ProjectState)
    result = Project()
    result.CopyFrom(project)
    result.ClearField("domains")
    return result


def _with_domains(project: Project) -> Project:
    project.domains.extend(_domains())
    return project
