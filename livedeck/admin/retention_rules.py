"""How long what executions leave is kept: a TOML file, for all and for single projects and domains.

    [default]
    executions = "90d"
    decks = "30d"
    logs = "14d"
    size = "200GB"

    ["vision/production"]
    executions = "never"

What a project and domain does not say of its own the default says. Ages count from an execution's end.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self

from livedeck.admin.amounts import ADVICE, SIZE_ADVICE, parse_age, parse_size
from livedeck.errors import InvalidSetting

DEFAULT: Final = "default"
NEVER: Final = "never"


@dataclass(frozen=True)
class Rule:
    """Ages after which something is removed, and a size beyond which it is; None: never."""

    executions: timedelta | None = None
    """Everything of an execution."""
    decks: timedelta | None = None
    """The history of its Decks: what each showed last stays."""
    logs: timedelta | None = None
    """What its tasks printed."""
    size: int | None = None
    """Bytes that all executions of the project and domain may take in the store: the oldest go first."""


PARTS: Final = tuple(each.name for each in fields(Rule))


class RetentionRules:
    """What a file of rules says.

    Args:
        said: For ``default``, and by ``project/domain``: what it says of fields of `Rule`; of others the default does.
    """

    def __init__(self, said: Mapping[str, Mapping[str, Any]]) -> None:
        self._said = said

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            InvalidSetting: It cannot be read, or says something that means nothing; the message says where.
        """
        try:
            content = tomllib.loads(path.read_text())
        except OSError as error:
            raise InvalidSetting(f"retention {str(path)!r} cannot be read: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InvalidSetting(f"retention {str(path)!r} is no TOML: {error}") from error
        return cls({scope: _read(scope, table, f"retention {str(path)!r}") for scope, table in content.items()})

    def of(self, project: str, domain: str) -> Rule:
        """Return the rule for a project and domain."""
        return Rule(**{**self._said.get(DEFAULT, {}), **self._said.get(f"{project}/{domain}", {})})


def _read(scope: str, table: Any, file: str) -> dict[str, timedelta | int | None]:
    if not isinstance(table, dict):
        raise InvalidSetting(f"{file}: {scope} = {table!r} is in no table: write [{DEFAULT}] above it")
    if scope != DEFAULT and len([part for part in scope.split("/") if part]) != 2:
        raise InvalidSetting(f'{file}: [{scope}] is nothing: write [{DEFAULT}], or a project and domain as in ["p/d"]')
    return {part: _amount(scope, part, value, file) for part, value in table.items()}


def _amount(scope: str, part: str, value: Any, file: str) -> timedelta | int | None:
    if part not in PARTS:
        raise InvalidSetting(f"{file}: [{scope}] has {part!r}, which says nothing: there are {', '.join(PARTS)}")
    if value == NEVER:
        return None
    what, parse, advice = ("size", parse_size, SIZE_ADVICE) if part == "size" else ("age", parse_age, ADVICE)
    amount = parse(value) if isinstance(value, str) else None
    if amount is None:
        raise InvalidSetting(f"{file}: [{scope}] {part} = {value!r} is no {what}: {advice} in quotes, or {NEVER!r}")
    return amount
