"""The three services, put together."""

from importlib.metadata import version

from flyteidl.admin.version_pb2 import GetVersionRequest, GetVersionResponse, Version
from flyteidl.service import admin_pb2, dataproxy_pb2, signal_pb2

from livedeck.admin.db.database import Database
from livedeck.admin.objects import Objects
from livedeck.admin.services.answers import Answers
from livedeck.admin.services.calls import Handler, Service
from livedeck.admin.services.data_proxy import DataProxyCalls
from livedeck.admin.services.entities import EntityCalls
from livedeck.admin.services.executions import ExecutionCalls
from livedeck.admin.services.launching import Launcher
from livedeck.admin.services.named_entities import NamedEntityCalls
from livedeck.admin.services.progress import ProgressCalls
from livedeck.admin.services.projects import ProjectCalls
from livedeck.admin.services.registrar import Registrar
from livedeck.admin.services.signals import SignalCalls
from livedeck.admin.services.signing import Links


def build_services(database: Database, objects: Objects, links: Links) -> list[Service]:
    """Return Flyte's AdminService, DataProxyService and SignalService over a database and a store.

    Give each one's ``grpc_handler()`` to a gRPC server, and all of them to `livedeck.admin.rest.rest_routes`.
    """
    registrar = Registrar(database)
    answers = Answers(objects, links)
    handlers: dict[str, Handler] = {
        **EntityCalls(database, registrar).handlers(),
        **ExecutionCalls(database, Launcher(database, objects, registrar), answers).handlers(),
        **ProgressCalls(database, answers).handlers(),
        **ProjectCalls(database).handlers(),
        **NamedEntityCalls(database).handlers(),
        "GetVersion": _version_of(version("livedeck")),
    }
    return [
        Service(admin_pb2.DESCRIPTOR.services_by_name["AdminService"], handlers),
        Service(
            dataproxy_pb2.DESCRIPTOR.services_by_name["DataProxyService"],
            DataProxyCalls(database, objects, links).handlers(),
        ),
        Service(signal_pb2.DESCRIPTOR.services_by_name["SignalService"], SignalCalls(database).handlers()),
    ]


def _version_of(ours: str) -> Handler:
    async def get_version(_request: GetVersionRequest) -> GetVersionResponse:
        return GetVersionResponse(control_plane_version=Version(Build="livedeck", Version=ours))

    return get_version
