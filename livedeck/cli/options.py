"""Options that several commands share."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

DEFAULT_ENDPOINT = "127.0.0.1:8080"

F = TypeVar("F", bound=Callable[..., Any])


def endpoint_option(command: F) -> F:
    """`--endpoint`, where the server is."""
    return click.option(
        "--endpoint",
        envvar="LIVEDECK_ENDPOINT",
        default=DEFAULT_ENDPOINT,
        show_default=True,
        show_envvar=True,
        help="host:port of the server.",
    )(command)


def project_options(command: F) -> F:
    """`--project` and `--domain`, Flyte's two levels of grouping."""
    command = click.option(
        "-d",
        "--domain",
        envvar="LIVEDECK_DOMAIN",
        default="development",
        show_default=True,
        show_envvar=True,
        help="Domain: development, staging or production.",
    )(command)
    return click.option(
        "-p",
        "--project",
        envvar="LIVEDECK_PROJECT",
        default="flytesnacks",
        show_default=True,
        show_envvar=True,
        help="Project.",
    )(command)


def default_data_dir() -> Path:
    """Where a server keeps its database, its store and its run files when nothing else is said."""
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "livedeck"
