"""Secrets: what a task asks for with ``secret_requests``, and reads with ``current_context().secrets``.

They are in the environment of the process that the task runs in, or in files there, under flytekit's names.
"""

import enum
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from livedeck.errors import InvalidName, NoSuchSecret, UserError

_ENV_PREFIX = ("FLYTE_SECRETS_ENV_PREFIX", "_FSEC_")
_DEFAULT_DIR = ("FLYTE_SECRETS_DEFAULT_DIR", "/etc/secrets")
_FILE_PREFIX = ("FLYTE_SECRETS_FILE_PREFIX", "")
"""Environment variables that say where secrets are, and where they are if those are not set. All are flytekit's."""


_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")


class MountType(enum.Enum):
    """How a secret comes to the task."""

    ANY = 0
    """As it is there."""
    ENV_VAR = 1
    """As a variable of the environment."""
    FILE = 2
    """As a file."""


@dataclass(frozen=True)
class Secret:
    """A secret that a task needs.

    The server's environment has it, as the variable ``_FSEC_<GROUP>_<KEY>`` or the file ``/etc/secrets/<group>/<key>``;
    see ``Secrets.get``.

    Args:
        group: the name of a group of secrets.
        key: its name in the group.
        group_version: the group's version.
        mount_requirement: whether it has to be a variable or a file; what is a file only is a variable, too, where one
            is asked for.
        env_var: a variable that holds the secret besides, or the path of its file, if it is one or has to be. On a
            server; a local run has the environment that it is started in.

    Raises:
        UserError: it has neither group nor key, or the name of the variable is none.
    """

    group: str | None = None
    key: str | None = None
    group_version: str | None = None
    mount_requirement: MountType = MountType.ANY
    env_var: str | None = None

    MountType = MountType

    def __post_init__(self) -> None:
        if self.group is None and self.key is None:
            raise UserError("Secret(): give group, key, or both")
        if not isinstance(self.mount_requirement, MountType):
            raise UserError(f"Secret(mount_requirement={self.mount_requirement!r}): give one of Secret.MountType")
        if self.env_var is not None and not _VARIABLE.fullmatch(self.env_var):
            raise InvalidName(f"Secret(env_var={self.env_var!r}): name a variable in capital letters, as in MAIL_TOKEN")


class _Group:
    """The secrets of a group as attributes."""

    def __init__(self, group: str, secrets: "Secrets") -> None:
        self._group, self._secrets = group, secrets

    def __getattr__(self, key: str) -> str:
        return str(self._secrets.get(self._group, key))


class Secrets:
    """Reads secrets: ``secrets.get("group", "key")``, or ``secrets.group.key``.

    Args:
        local: whether a variable without the prefix counts, too, as in flytekit where there is no server.
    """

    def __init__(self, *, local: bool) -> None:
        self._local = local

    def __getattr__(self, group: str) -> _Group:
        if group.startswith("__"):
            raise AttributeError(group)
        return _Group(group, self)

    def get(
        self,
        group: str | None = None,
        key: str | None = None,
        group_version: str | None = None,
        encode_mode: str = "r",
    ) -> Any:
        """Return a secret, without white space around it.

        It is read from the variable ``_FSEC_<GROUP>_<GROUP_VERSION>_<KEY>``, of the parts that are given; in a local
        run also from that without ``_FSEC_``; else from the file ``/etc/secrets/<group>/<group_version>/<key>``.

        Args:
            group: the name of a group of secrets.
            key: its name in the group.
            group_version: the group's version.
            encode_mode: how a file is opened: ``"rb"`` gives bytes.

        Raises:
            NoSuchSecret: there is none.
        """
        variable = self.get_secrets_env_var(group, key, group_version)
        names = [variable, variable.removeprefix(_setting(_ENV_PREFIX))] if self._local else [variable]
        for name in names:
            if name in os.environ:
                return os.environ[name].strip()
        file = Path(self.get_secrets_file(group, key, group_version))
        if file.exists():
            with file.open(encode_mode) as opened:
                return opened.read().strip()
        raise NoSuchSecret(
            f"there is no secret with the key {key!r} in the group {group!r}: set the environment variable {names[-1]} "
            f"where the task runs, or write the file {file} there"
        )

    def get_secrets_env_var(
        self, group: str | None = None, key: str | None = None, group_version: str | None = None
    ) -> str:
        """Return the name of a secret's environment variable."""
        parts = [each for each in (group, group_version, key) if each]
        return _setting(_ENV_PREFIX) + "_".join(parts).upper()

    def get_secrets_file(
        self, group: str | None = None, key: str | None = None, group_version: str | None = None
    ) -> str:
        """Return the path of a secret's file."""
        parts = [each.lower() for each in (group, group_version) if each]
        parts += [f"{_setting(_FILE_PREFIX)}{key.lower()}"] if key else []
        return str(Path(_setting(_DEFAULT_DIR), *parts))


def _setting(setting: tuple[str, str]) -> str:
    return os.environ.get(*setting).strip()


def read_secrets(value: Any) -> tuple[Secret, ...]:
    """Check ``secret_requests``.

    Raises:
        UserError: something in it is no secret.
    """
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(each, Secret) for each in value):
        raise UserError(f'secret_requests={value!r}: give a list, as in [Secret(group="...", key="...")]')
    return tuple(value)
