"""Amazon S3, and what speaks its protocol: MinIO, Ceph, R2."""

import configparser
import json
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from livedeck.errors import NoCredentials
from livedeck.store.clouds.kind import CloudKind, Credentials
from livedeck.store.clouds.settings import is_true

_REREAD: Final = timedelta(minutes=6)
"""After which keys of a file are read again, for it may have been written anew. The client asks five minutes before."""
_PROCESS_TIMEOUT: Final = 60.0
"""Seconds that a ``credential_process`` may take."""


def _find_credentials(environment: Mapping[str, str], home: Path) -> Credentials:
    if is_true(environment, "AWS_SKIP_SIGNATURE"):
        return Credentials("none: AWS_SKIP_SIGNATURE is set")
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    given = [name for name in keys if environment.get(name)]
    if len(given) == 1:
        (missing,) = set(keys) - set(given)
        raise NoCredentials(f"{given[0]} is set, and {missing} is not: set both, or neither")
    if given:
        return Credentials(f"the variables {' and '.join(keys)}")
    if environment.get("AWS_WEB_IDENTITY_TOKEN_FILE") and environment.get("AWS_ROLE_ARN"):
        return Credentials(f"the role {environment['AWS_ROLE_ARN']}, by AWS_WEB_IDENTITY_TOKEN_FILE")
    profile = _Profile.named_in(environment, home)
    if profile is not None:
        return profile.credentials(environment)
    container = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    for name in container:
        if environment.get(name):
            return Credentials(f"the container, by {name}")
    return Credentials("the role of the machine", asked=True)


@dataclass(frozen=True)
class _Profile:
    """A profile in the files that ``aws configure`` writes."""

    name: str
    files: tuple[Path, Path]
    """That of the credentials, which goes before, and that of the settings."""

    @classmethod
    def named_in(cls, environment: Mapping[str, str], home: Path) -> "_Profile | None":
        """Return the profile that is to be used; None if there is none, and none was asked for."""
        asked = environment.get("AWS_PROFILE") or environment.get("AWS_DEFAULT_PROFILE")
        files = (
            Path(environment.get("AWS_SHARED_CREDENTIALS_FILE") or home / ".aws" / "credentials"),
            Path(environment.get("AWS_CONFIG_FILE") or home / ".aws" / "config"),
        )
        profile = cls(asked or "default", files)
        settings = profile.settings()
        if not settings and asked:
            raise NoCredentials(f"there is no profile {asked!r} (AWS_PROFILE) in {files[0]} or {files[1]}")
        # One that only sets a region leaves the credentials to whoever comes after.
        return profile if asked or settings.keys() - {"region", "output"} else None

    def settings(self) -> dict[str, str]:
        """Return what the files say now."""
        found: dict[str, str] = {}
        for path, section in zip(self.files, (self.name, self._section), strict=True):
            found = {**_read(path, section), **found}
        return found

    @property
    def _section(self) -> str:
        return self.name if self.name == "default" else f"profile {self.name}"

    def credentials(self, environment: Mapping[str, str]) -> Credentials:
        """Return how the profile's credentials are had."""
        settings = self.settings()
        regions = (environment.get(name) for name in ("AWS_REGION", "AWS_DEFAULT_REGION"))
        options = {"region": settings["region"]} if "region" in settings and not any(regions) else {}
        if "aws_access_key_id" not in settings and "credential_process" not in settings:
            raise NoCredentials(
                f"the profile {self.name!r} in {self.files[1]} has neither keys nor a credential_process, and other "
                f"ways to sign in are not known here: add to another profile the line credential_process = "
                f"aws configure export-credentials --profile {self.name}, and name that in AWS_PROFILE"
            )
        return Credentials(
            f"the profile {self.name!r} in {self.files[0].parent}", provider=self.current, options=options
        )

    def current(self) -> Mapping[str, Any]:
        """Return the credentials that hold now.

        Raises:
            NoCredentials: the files do not have them any more, or the process failed.
        """
        settings = self.settings()
        if "aws_access_key_id" not in settings:
            return _of_process(settings.get("credential_process", ""), self.name)
        if "aws_secret_access_key" not in settings:
            raise NoCredentials(f"the profile {self.name!r} in {self.files[0]} has no aws_secret_access_key")
        return {
            "access_key_id": settings["aws_access_key_id"],
            "secret_access_key": settings["aws_secret_access_key"],
            "token": settings.get("aws_session_token"),
            "expires_at": datetime.now(UTC) + _REREAD,
        }


def _read(path: Path, section: str) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        raise NoCredentials(f"{path} cannot be read: {error}") from error
    return dict(parser.items(section)) if parser.has_section(section) else {}


def _of_process(command: str, profile: str) -> Mapping[str, Any]:
    """Run a ``credential_process``; return the credentials that it prints."""
    where = f"credential_process of the profile {profile!r}"
    try:
        done = subprocess.run(shlex.split(command), capture_output=True, check=True, timeout=_PROCESS_TIMEOUT)
        told = json.loads(done.stdout)
        expiration = told.get("Expiration")
        return {
            "access_key_id": told["AccessKeyId"],
            "secret_access_key": told["SecretAccessKey"],
            "token": told.get("SessionToken"),
            "expires_at": datetime.fromisoformat(expiration) if expiration else datetime.now(UTC) + _REREAD,
        }
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode(errors="replace").strip()[-500:]
        raise NoCredentials(f"the {where} ended with {error.returncode}: {said}") from error
    except (OSError, ValueError, KeyError, AttributeError, subprocess.TimeoutExpired) as error:
        # Not what it printed, which may hold a secret.
        raise NoCredentials(f"the {where} gave no credentials: {type(error).__name__}") from error


KIND = CloudKind(
    prefixes=("AWS_",),
    endpoints=("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    no_bucket=("<Code>NoSuchBucket<",),
    find_credentials=_find_credentials,
    refused=("<Code>ExpiredToken<", "<Code>InvalidToken<", "<Code>TokenRefreshRequired<"),
    metadata=("/latest/api/token", "/latest/meta-data"),
    advice=(
        "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or run it on a machine whose role may use it"
    ),
)
