"""`livedeck serve`: control plane, engine, executor and console in one process, on one port."""

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from livedeck.cli import data_dir
from livedeck.cli.log_lines import FORMATS, start_logging
from livedeck.cli.options import default_data_dir, server_options
from livedeck.cli.signals import stop_signals

if TYPE_CHECKING:
    from livedeck.admin.app import Admin
    from livedeck.executors.api import Executor

log = logging.getLogger(__name__)

DEFAULT_EXECUTOR = "process"
DEFAULT_TAKEOVER = 120.0
"""Long enough for a database that is away for a minute to cost no attempt."""


@dataclass(frozen=True)
class ServeSettings:
    """What `livedeck serve` can be told."""

    host: str
    port: int
    data_dir: Path
    root: str | None
    """URI of the store; None: a folder in ``data_dir``."""
    database: str | None
    """SQLAlchemy URL; None: SQLite in ``data_dir``."""
    public_url: str | None = None
    """Where clients reach it; None: at host and port."""
    allowed_hosts: tuple[str, ...] = ()
    """Further names that it may be reached under."""
    parallel: int | None = None
    """How many attempts run at once; None: two a core, fewer where they ask for more."""
    system_retries: int = 3
    """How many losses of one node's attempts are followed by another attempt."""
    execution_deadline: float = 0.0
    """Seconds that an execution may take; 0: any."""
    attempt_deadline: float = 0.0
    """Seconds that an attempt may run whose task states no timeout; 0: any."""
    queue_deadline: float = 0.0
    """Seconds that an attempt may wait to be started; 0: any."""
    deck_min_interval: float | None = None
    """Seconds between two flushes of a Deck, where the task does not say; None: as usual. So with those that follow."""
    deck_every: float | None = None
    deck_history: bool | None = None
    deck_max_bytes: int | None = None
    takeover: float = DEFAULT_TAKEOVER
    """Seconds of silence after which other servers on the database take this one's executions over."""
    executors: tuple[str, ...] = (DEFAULT_EXECUTOR,)
    """Where attempts run, by name; the first those of tasks that name none."""
    ray_address: str | None = None
    """Where the Ray cluster is; None: on this machine."""
    attempt_url: str | None = None
    """Where attempts reach the server; None: on this machine."""
    shutdown_delay: float = 0.0
    """Seconds that everything but the engine goes on for when it is to stop."""
    retention: Path | None = None
    """File that says how long what is kept; None: for ever."""


@dataclass(frozen=True)
class Server:
    """The parts of a server that answers."""

    admin: "Admin"
    executor: "Executor"


def _seconds(option: str, variable: str, help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: A002 - click's word
    """Return an option that takes seconds; 0, which it is by default, means what its help says of no such time."""
    return click.option(
        option,
        envvar=variable,
        type=click.FloatRange(min=0),
        default=0.0,
        show_envvar=True,
        metavar="SECONDS",
        help=help,
    )


def _deck_default(name: str, metavar: str, help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: A002 - as above
    """Return an option for what holds of the Decks of tasks that do not say: a field of ``DeckPublish``."""
    from livedeck.deck.defaults import VARIABLES

    def read(_context: click.Context, _option: click.Parameter, text: str | None) -> Any:
        from livedeck.deck.defaults import parse
        from livedeck.errors import UnsupportedOption

        try:
            return None if text is None else parse(name, text)
        except UnsupportedOption as error:
            raise click.BadParameter(str(error)) from error

    return click.option(
        f"--deck-{name.replace('_', '-')}",
        envvar=VARIABLES[name],
        callback=read,
        show_envvar=True,
        metavar=metavar,
        help=help,
    )


@click.command()
@server_options
@click.option(
    "--root",
    envvar="LIVEDECK_ROOT",
    metavar="URI",
    show_envvar=True,
    help="Store for Decks, inputs and outputs: file://, s3://, gs:// or az://.  [default: a folder in DATA_DIR]",
)
@click.option(
    "--database",
    envvar="LIVEDECK_DATABASE",
    metavar="URL",
    show_envvar=True,
    help="SQLAlchemy URL, e.g. postgresql+psycopg://localhost/livedeck.  [default: SQLite in DATA_DIR]",
)
@click.option(
    "--public-url",
    envvar="LIVEDECK_PUBLIC_URL",
    metavar="URL",
    show_envvar=True,
    help="Where clients reach the server, when that is not http://HOST:PORT: behind a proxy, or from other machines.",
)
@click.option(
    "--allowed-host",
    "allowed_hosts",
    envvar="LIVEDECK_ALLOWED_HOSTS",
    metavar="NAME",
    multiple=True,
    show_envvar=True,
    help="A name under which it may be reached, besides its addresses and that of --public-url. May be repeated; "
    "in the variable names are divided by spaces; * allows any.",
)
@click.option(
    "--executor",
    "executors",
    envvar="LIVEDECK_EXECUTOR",
    metavar="NAME",
    multiple=True,
    default=(DEFAULT_EXECUTOR,),
    show_default=True,
    show_envvar=True,
    help="Where attempts of tasks run: process (forked from a warm interpreter), subprocess (a new interpreter each "
    "time), ray (on the nodes of a Ray cluster), or what another package adds. May be repeated (in the variable names "
    "are divided by spaces): the first runs the tasks that name none.",
)
@click.option(
    "--ray-address",
    envvar="LIVEDECK_RAY_ADDRESS",
    metavar="ADDRESS",
    show_envvar=True,
    help="Where the executor ray finds its cluster: HOST:PORT of the head.  [default: auto, this machine's]",
)
@click.option(
    "--attempt-url",
    envvar="LIVEDECK_ATTEMPT_URL",
    metavar="URL",
    show_envvar=True,
    help="Where attempts reach the server, when they run on other machines: http://HOST:PORT.",
)
@click.option(
    "--parallel",
    envvar="LIVEDECK_PARALLEL",
    type=click.IntRange(1, 10_000),
    show_envvar=True,
    metavar="N",
    help="How many attempts of tasks run at once. What they ask for (requests) still has to fit the machine.  "
    "[default: two a core; fewer where tasks ask for more]",
)
@click.option(
    "--system-retries",
    envvar="LIVEDECK_SYSTEM_RETRIES",
    type=click.IntRange(0, 1000),
    default=3,
    show_default=True,
    show_envvar=True,
    metavar="N",
    help="How often a node is run again whose attempt was lost with what it ran on. A task's own retries are apart.",
)
@_seconds(
    "--execution-deadline",
    "LIVEDECK_EXECUTION_DEADLINE",
    "How long an execution may take from its creation; then what runs of it is stopped, and it fails.  "
    "[default: for ever]",
)
@_seconds(
    "--attempt-deadline",
    "LIVEDECK_ATTEMPT_DEADLINE",
    "How long an attempt may run whose task states no timeout.  [default: for ever]",
)
@_seconds(
    "--queue-deadline",
    "LIVEDECK_QUEUE_DEADLINE",
    "How long an attempt may wait to be started before its node fails.  [default: for ever]",
)
@_deck_default(
    "min_interval",
    "SECONDS",
    "Least time between two uploads of a Deck whose task does not say (DeckPublish).  [default: 0.05]",
)
@_deck_default("every", "SECONDS", "Decks are also published by themselves so often.  [default: not]")
@_deck_default(
    "history",
    "true|false",
    "Whether every segment of a Deck is kept; false: not what a snapshot covers.  [default: true]",
)
@_deck_default("max_bytes", "BYTES", "How large a Deck may grow: 134217728 at most.  [default: 67108864]")
@_seconds(
    "--shutdown-delay",
    "LIVEDECK_SHUTDOWN_DELAY",
    "How long the port stays open after SIGTERM, for a load balancer to send clients elsewhere.  [default: not]",
)
@click.option(
    "--log-format",
    envvar="LIVEDECK_LOG_FORMAT",
    default="plain",
    show_default=True,
    show_envvar=True,
    type=click.Choice(FORMATS, case_sensitive=False),
    help="How to log: lines to read, or a JSON object a line.",
)
@click.option(
    "--takeover",
    envvar="LIVEDECK_TAKEOVER",
    type=click.FloatRange(min=6),
    default=DEFAULT_TAKEOVER,
    show_default=True,
    show_envvar=True,
    metavar="SECONDS",
    help="Where servers share a --database: how long this one may be silent (killed, suspended, cut off) before the "
    "others take its executions over. Its attempts are ended before that, so that nothing runs twice.",
)
@click.option(
    "--retention",
    envvar="LIVEDECK_RETENTION",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    show_envvar=True,
    help="TOML file that says how long executions, the history of Decks, and logs are kept.  [default: for ever]",
)
@click.option(
    "--log-level",
    envvar="LIVEDECK_LOG_LEVEL",
    default="warning",
    show_default=True,
    show_envvar=True,
    type=click.Choice(["debug", "info", "warning", "error"], case_sensitive=False),
    help="What to log.",
)
def serve(log_level: str, log_format: str, data_dir: Path | None, **options: Any) -> None:
    """Start the server: control plane, engine, executor and console on one port.

    It stays until Ctrl-C or SIGTERM. Tasks that run then go on running, and are picked up again when a server starts
    on the same data. A second signal ends it at once.
    """
    start_logging(log_level, log_format)
    settings = ServeSettings(data_dir=data_dir or default_data_dir(), **options)

    async def ready(server: Server) -> None:
        announce(server)

    run(until_stopped(settings, ready))


def announce(server: Server) -> None:
    """Say where the server is, once it answers, and how much runs at once."""
    admin = server.admin
    click.echo(f"livedeck is ready at {admin.console_url}  (gRPC and REST at {admin.endpoint}; Ctrl-C ends it)")
    for address in addresses_for_others(admin.settings.host):
        endpoint = f"[{address}]:{admin.port}" if ":" in address else f"{address}:{admin.port}"
        click.echo(f"From other machines: http://{endpoint}/console/, and LIVEDECK_ENDPOINT={endpoint} for programs")
    if not _is_loopback(admin.settings.host):
        click.echo("Everybody who reaches it may do everything: there is no log-in. Put a proxy with one in front.")
    click.echo(server.executor.describe())
    sys.stdout.flush()


def addresses_for_others(host: str) -> list[str]:
    """Return the addresses under which other machines may reach a server that listens on ``host``."""
    import ipaddress
    import socket

    import psutil

    if _is_loopback(host):
        return []
    if host not in {"0.0.0.0", "::", ""}:  # noqa: S104 - compared, not bound
        return [host]
    families = {socket.AF_INET, socket.AF_INET6} if host == "::" else {socket.AF_INET}
    found = [each.address for own in psutil.net_if_addrs().values() for each in own if each.family in families]
    parsed = [ipaddress.ip_address(address.partition("%")[0]) for address in found]
    return [str(address) for address in parsed if not (address.is_loopback or address.is_link_local)]


def _is_loopback(host: str) -> bool:
    return host == "localhost" or host.startswith("127.") or host == "::1"


def run(main: Coroutine[None, None, None]) -> None:
    """Run ``main`` on uvloop."""
    import uvloop

    from livedeck.admin.offload import SWITCH_INTERVAL

    sys.setswitchinterval(SWITCH_INTERVAL)
    # The server forks nothing that uses gRPC; without this, gRPC warns about every process that is started.
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

    uvloop.run(main)


async def until_stopped(
    settings: ServeSettings,
    ready: Callable[[Server], Coroutine[None, None, None]],
    stopping: Callable[[Server], Coroutine[None, None, None]] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM; another one ends the process at once, as if it were not handled.

    Whatever is under way then is as if the process had been killed, which the next server copes with.

    Args:
        settings: how.
        ready: awaited once everything answers, beside the serving; cancelled when it is to stop.
        stopping: awaited when it is to stop, while everything still answers.
    """
    with stop_signals() as stop:
        async with server(settings) as running, asyncio.TaskGroup() as group:
            beside = group.create_task(ready(running), name="serve-ready")
            await stop.wait()
            beside.cancel()
            await asyncio.wait([beside])
            if stopping is not None:
                await stopping(running)


def for_attempts(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the attempts on this machine see of the server's environment: all but what the server itself reads.

    They are run for who started the server, as any program is that is started from the same shell.
    """
    from livedeck.runtime.code import CODE_CACHE

    own = {option.envvar for option in serve.params}
    seen = {name: value for name, value in environment.items() if name not in own}
    if seen.get(CODE_CACHE):
        seen[CODE_CACHE] = str(Path(seen[CODE_CACHE]).absolute())  # each attempt is in a folder of its own
    return seen


def surroundings(root: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return what every attempt, wherever it runs, needs of the server's environment."""
    from livedeck.runtime.budget import RESULT_TIMEOUT
    from livedeck.store.surroundings import surroundings as of_store

    needed = of_store(root, environment)
    if RESULT_TIMEOUT in environment:
        needed[RESULT_TIMEOUT] = environment[RESULT_TIMEOUT]
    return needed


def deck_defaults(settings: ServeSettings) -> dict[str, str]:
    """Return what tells attempts how their Decks are published where their tasks do not say."""
    from livedeck.deck.defaults import VARIABLES, environment_of

    return environment_of({name: getattr(settings, f"deck_{name}") for name in VARIABLES})


def _preload(root: str) -> tuple[str, ...]:
    """Return what attempts are forked with: the client of object stores only where there is one, as it is large."""
    runtime = "livedeck.runtime.preloaded"
    return (runtime,) if root.startswith("file://") else (runtime, "livedeck.store.cloud")


def _check_store(root: str) -> None:
    """See that the store lets the server in, unless it does not answer for now: then the server waits for it.

    Raises:
        InvalidSetting: it does not, or there is no such store.
    """
    from livedeck.errors import BucketNotFound, InvalidKey, InvalidSetting, NoCredentials, StoreUnavailable
    from livedeck.store.access import check_access

    try:
        found = check_access(root)
    except (BucketNotFound, InvalidKey, NoCredentials) as error:
        raise InvalidSetting(f"root {root!r} is not possible: {error}") from error
    except StoreUnavailable as error:
        log.warning("store_unavailable root=%s error=%s", root, error)
    else:
        log.info("store_reached root=%s %s", root, found)


def is_shared(database: str | None, data: Path) -> bool:
    """Tell whether other servers may work on a database: on any but the SQLite file in this server's own folder."""
    from livedeck.admin.settings import sqlite_file

    if database is None:
        return False
    file = sqlite_file(database)
    return file is None or not file.resolve().is_relative_to(data)


@contextlib.asynccontextmanager
async def server(settings: ServeSettings) -> AsyncIterator[Server]:
    """The whole server, wired: this is where the parts that know nothing of each other meet."""
    from urllib.parse import quote

    from livedeck.admin.app import Admin, AdminSettings
    from livedeck.admin.garbage import collected_rarely
    from livedeck.admin.operations.tracing import open_spans
    from livedeck.executors import loading
    from livedeck.executors.api import ExecutorSettings
    from livedeck.executors.router import Router
    from livedeck.executors.watchdog import Limit
    from livedeck.propeller import Propeller, PropellerSettings

    # What cannot work is said before anything is touched.
    factories = {name: loading.load(name) for name in loading.compatible(settings.executors)}
    if settings.root is not None:
        await asyncio.to_thread(_check_store, settings.root)
    data = settings.data_dir.expanduser().resolve()  # a key of the store has no ".." in it
    data_dir.make(data)
    admin_settings = AdminSettings(
        host=settings.host,
        port=settings.port,
        # A store's URI is taken as it is written, a database's is decoded.
        root=settings.root or f"file://{data / 'store'}",
        database=settings.database or f"sqlite:///{quote(str(data / 'livedeck.db'))}",
        run_dir=data / "run",
        public_url=settings.public_url,
        attempt_url=settings.attempt_url,
        allowed_hosts=settings.allowed_hosts,
        retention=settings.retention,
    )
    shared = is_shared(settings.database, data)
    executor_settings = ExecutorSettings(
        work_dir=data / "run" / "attempts",
        environment=for_attempts(os.environ),
        parallel=settings.parallel,
        preload=_preload(admin_settings.root),
        address=settings.ray_address or "",
    )
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(data_dir.locked(data))  # before anything of a server that runs is touched
        executor = Router({name: create(executor_settings) for name, create in factories.items()})
        await stack.enter_async_context(executor)
        if not shared:
            executor.renew(Limit())  # attempts wait for this server, however long it is away
        admin = await stack.enter_async_context(Admin(admin_settings, spans=open_spans(os.environ)))
        # Left in this order: it is said that the server ends, the engine hands its leases over, and then there is time
        # for clients to go elsewhere.
        stack.push_async_callback(asyncio.sleep, settings.shutdown_delay)
        propeller = await stack.enter_async_context(
            Propeller(
                admin.control,
                executor,
                names=executor,
                owner=admin.installation,
                attempt_environment=admin.attempt_environment,
                settings=PropellerSettings(
                    system_retries=settings.system_retries,
                    execution_deadline=settings.execution_deadline,
                    attempt_deadline=settings.attempt_deadline,
                    queue_deadline=settings.queue_deadline,
                    shared=shared,
                    lease_ttl=settings.takeover if shared else PropellerSettings.lease_ttl,
                    root=admin_settings.root,
                    secrets_in=executor_settings.environment,
                    surroundings={
                        **surroundings(admin_settings.root, os.environ),
                        **deck_defaults(settings),
                        **admin.client_environment(),
                    },
                ),
            )
        )
        admin.watch_engine(propeller.status)
        stack.callback(admin.drain)
        await stack.enter_async_context(collected_rarely())
        yield Server(admin, executor)
