"""The secrets that a task asks for, as variables of its attempts' environment.

They are where flytekit's tasks look for them: in a variable ``_FSEC_<GROUP>_<KEY>``, or a file
``/etc/secrets/<group>/<key>``. As in Flyte a task may ask for one as a variable, and under a name of its own: that
holds the secret itself, or the path of its file.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from flyteidl.core.security_pb2 import Secret

_ENV_PREFIX = ("FLYTE_SECRETS_ENV_PREFIX", "_FSEC_")
_DEFAULT_DIR = ("FLYTE_SECRETS_DEFAULT_DIR", "/etc/secrets")
_FILE_PREFIX = ("FLYTE_SECRETS_FILE_PREFIX", "")
"""Variables that say where secrets are, and where they are if those are not set. All are flytekit's."""


def variables_of(secrets: Iterable[Secret], environment: Mapping[str, str]) -> dict[str, str]:
    """Return what is added to the environment of attempts. A secret that is not there is left out, as in Flyte.

    Args:
        secrets: what the task asks for.
        environment: that in which secrets are looked for, which the attempts have, too.
    """
    added: dict[str, str] = {}
    for secret in secrets:
        variable, file = _variable(secret, environment), _file(secret, environment)
        value = environment.get(variable)
        wants_variable = secret.mount_requirement == Secret.MountType.ENV_VAR
        if wants_variable and value is None and file.is_file():
            value = added[variable] = file.read_text().strip()
        if not secret.env_var:
            continue
        if secret.mount_requirement == Secret.MountType.FILE or (value is None and file.is_file()):
            added[secret.env_var] = str(file)
        elif value is not None:
            added[secret.env_var] = value
    return added


def _variable(secret: Secret, environment: Mapping[str, str]) -> str:
    parts = filter(None, (secret.group, secret.group_version, secret.key))
    return environment.get(*_ENV_PREFIX).strip() + "_".join(parts).upper()


def _file(secret: Secret, environment: Mapping[str, str]) -> Path:
    *folders, name = [part.lower() for part in (secret.group, secret.group_version, secret.key) if part] or [""]
    return Path(environment.get(*_DEFAULT_DIR).strip(), *folders, environment.get(*_FILE_PREFIX).strip() + name)
