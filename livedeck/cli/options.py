"""Options that several commands share."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

DEFAULT_ENDPOINT = "127.0.0.1:8080"

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class RunSettings:
    """Where to run, and whether to wait."""

    remote: bool
    detach: bool
    view: bool
    endpoint: str
    project: str
    domain: str
    name: str | None
    version: str | None
    inputs_file: Path | None


def endpoint_option(command: F) -> F:
    """`--endpoint`, where the server is."""
    return click.option(
        "--endpoint",
        envvar="LIVEDECK_ENDPOINT",
        metavar="HOST:PORT",
        default=DEFAULT_ENDPOINT,
        show_default=True,
        show_envvar=True,
        help="Where the server is; https://HOST for one behind a proxy.",
    )(command)


def project_options(command: F) -> F:
    """`--project` and `--domain`, Flyte's two levels of grouping."""
    command = click.option(
        "-d",
        "--domain",
        envvar="LIVEDECK_DOMAIN",
        metavar="DOMAIN",
        default="development",
        show_default=True,
        show_envvar=True,
        help="Domain: development, staging or production.",
    )(command)
    return click.option(
        "-p",
        "--project",
        envvar="LIVEDECK_PROJECT",
        metavar="PROJECT",
        default="flytesnacks",
        show_default=True,
        show_envvar=True,
        help="Project that executions belong to.",
    )(command)


def server_options(command: F) -> F:
    """`--host`, `--port` and `--data-dir`, for the commands that start a server."""
    command = click.option(
        "--data-dir",
        envvar="LIVEDECK_DATA_DIR",
        type=click.Path(file_okay=False, path_type=Path),
        show_envvar=True,
        help="Folder for the embedded database and store, and for files of the running server.  "
        "[default: ~/.local/share/livedeck]",
    )(command)
    command = click.option(
        "--port",
        envvar="LIVEDECK_PORT",
        type=click.IntRange(0, 65535),
        metavar="PORT",
        default=8080,
        show_default=True,
        show_envvar=True,
        help="Port for gRPC, REST and the console alike; 0 takes a free one.",
    )(command)
    return click.option(
        "--host",
        envvar="LIVEDECK_HOST",
        metavar="HOST",
        default="127.0.0.1",
        show_default=True,
        show_envvar=True,
        help="Address to listen on. There is no log-in: keep to loopback, or put a proxy with one in front.",
    )(command)


def default_data_dir() -> Path:
    """Where a server keeps its database, its store and its run files when nothing else is said."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "livedeck"
