"""How long what executions leave is kept: a TOML file with ages, for all and for single projects and domains.

    [default]
    executions = "90d"
    decks = "30d"
    logs = "14d"

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

from livedeck.admin.ages import ADVICE, parse_age
from livedeck.errors import InvalidSetting

DEFAULT: Final = "default"
NEVER: Final = "never"


@dataclass(frozen=True)
class Rule:
    """Ages after which something is removed; None: never."""

    executions: timedelta | None = None
    """Everything of an execution."""
    decks: timedelta | None = None
    """The history of its Decks: what each showed last stays."""
    logs: timedelta | None = None
    """What its tasks printed."""


PARTS: Final = tuple(each.name for each in fields(Rule))


class RetentionRules:
    """What a file of rules says.

    Args:
        ages: For ``default``, and by ``project/domain``: ages by part. Of a part that is not there the default says.
    """

    def __init__(self, ages: Mapping[str, Mapping[str, timedelta | None]]) -> None:
        self._ages = ages

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
        return cls({scope: _ages(scope, table, f"retention {str(path)!r}") for scope, table in content.items()})

    def of(self, project: str, domain: str) -> Rule:
        """Return the rule for a project and domain."""
        return Rule(**{**self._ages.get(DEFAULT, {}), **self._ages.get(f"{project}/{domain}", {})})


def _ages(scope: str, table: Any, file: str) -> dict[str, timedelta | None]:
    if not isinstance(table, dict):
        raise InvalidSetting(f"{file}: {scope} = {table!r} is in no table: write [{DEFAULT}] above it")
    if scope != DEFAULT and len([part for part in scope.split("/") if part]) != 2:
        raise InvalidSetting(f'{file}: [{scope}] is nothing: write [{DEFAULT}], or a project and domain as in ["p/d"]')
    return {part: _age(scope, part, value, file) for part, value in table.items()}


def _age(scope: str, part: str, value: Any, file: str) -> timedelta | None:
    if part not in PARTS:
        raise InvalidSetting(f"{file}: [{scope}] has {part!r}, which is not kept apart: there are {', '.join(PARTS)}")
    if value == NEVER:
        return None
    age = parse_age(value) if isinstance(value, str) else None
    if age is None:
        raise InvalidSetting(f"{file}: [{scope}] {part} = {value!r} is no age: {ADVICE} in quotes, or {NEVER!r}")
    return age
