"""What launch plans and executions may be told, with flytekit's names: labels, annotations, limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from livedeck.errors import UnsupportedOption, UserError

if TYPE_CHECKING:
    from flyteidl.core.security_pb2 import SecurityContext

NOTIFICATIONS: Final = "notifications are not built yet, so nothing would ever be sent: leave them out"
SCHEDULE: Final = (
    "schedules are not built yet, so nothing would ever start: start its executions yourself, for example with cron "
    "and `livedeck run --remote`"
)
"""Why they are refused, in the words of the server."""


class _Texts:
    """Texts by name, which an execution is found by."""

    def __init__(self, values: Mapping[str, str]) -> None:
        given: Any = values
        if not isinstance(given, Mapping) or not all(isinstance(each, str) for pair in given.items() for each in pair):
            raise UserError(f"{type(self).__name__}({values!r}): give a dict of texts")
        self._values = dict(values)

    @property
    def values(self) -> dict[str, str]:
        """The texts by name."""
        return dict(self._values)

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._values == self._values

    def __hash__(self) -> int:
        return hash((type(self), frozenset(self._values.items())))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._values!r})"


class Labels(_Texts):
    """Labels of an execution: kept, shown, and inherited by the executions that it starts.

    Args:
        values: texts by name.
    """


class Annotations(_Texts):
    """Annotations of an execution: kept, shown, and inherited by the executions that it starts.

    Args:
        values: texts by name.
    """


@dataclass(frozen=True)
class RawOutputDataConfig:
    """Where files, frames and other large values of an execution go.

    Args:
        output_location_prefix: URI of the folder.
    """

    output_location_prefix: str


class ConcurrencyLimitBehavior:
    """What becomes of an execution that is one too many."""

    SKIP = 1
    """The execution does not start."""


@dataclass(frozen=True, init=False)
class ConcurrencyPolicy:
    """How many executions of a launch plan may run at once.

    Args:
        max_concurrency: how many.
        behavior: what becomes of one too many.
    """

    max_concurrency: int
    behavior: int

    def __init__(self, max_concurrency: int, behavior: int | None = None) -> None:
        number: Any = max_concurrency
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise UserError(f"ConcurrencyPolicy(max_concurrency={max_concurrency!r}): give a whole number from 1")
        object.__setattr__(self, "max_concurrency", max_concurrency)
        object.__setattr__(self, "behavior", ConcurrencyLimitBehavior.SKIP if behavior is None else behavior)


@dataclass
class Options:
    """What is said about executions, beside their inputs.

    Args:
        labels: Labels.
        annotations: Annotations.
        raw_output_data_config: where large values go; by default the server's store.
        security_context: whom the tasks run as, as a message of Flyte's, or flytekit's object: registered and shown.
            Here they run as the server's user.
        max_parallelism: how many attempts of the execution may run at once.
        notifications: refused, for nothing would be sent.
        disable_notifications: has no effect, for the same reason.
        overwrite_cache: whether tasks run although their outputs are cached.
    """

    labels: Labels | None = None
    annotations: Annotations | None = None
    raw_output_data_config: RawOutputDataConfig | None = None
    security_context: Any = None
    max_parallelism: int | None = None
    notifications: list[Any] | None = None
    disable_notifications: bool | None = None
    overwrite_cache: bool | None = None

    def __post_init__(self) -> None:
        if self.notifications:
            raise UnsupportedOption(f"Options has notifications: {NOTIFICATIONS}")
        check_options("Options", self.labels, self.annotations, self.raw_output_data_config, self.max_parallelism)
        security_message("Options", self.security_context)


def security_message(what: str, given: Any) -> "SecurityContext | None":
    """Return as Flyte's message whom tasks are said to run as; None if nothing was said.

    Args:
        what: whose option, for the message of an error.
        given: a ``SecurityContext`` or ``AuthRole`` of Flyte's, or an object of flytekit's that can be made one.

    Raises:
        UserError: it is something else.
    """
    if given is None:
        return None
    from flyteidl.admin.common_pb2 import AuthRole
    from flyteidl.core.security_pb2 import Identity, SecurityContext

    said = given.to_flyte_idl() if hasattr(given, "to_flyte_idl") else given
    if isinstance(said, AuthRole):  # flytekit registers it in this form, too
        account = said.kubernetes_service_account
        return SecurityContext(run_as=Identity(iam_role=said.assumable_iam_role, k8s_service_account=account))
    if not isinstance(said, SecurityContext):
        raise UserError(
            f"{what}: security_context={given!r}: give SecurityContext(run_as=Identity(...)), both of "
            "flyteidl.core.security_pb2"
        )
    return said


def check_options(
    what: str, labels: object, annotations: object, raw_output_data_config: object, max_parallelism: object
) -> None:
    """Refuse values that make no sense.

    Args:
        what: whose options, for the message.
        labels: of a launch plan, or of an execution.
        annotations: likewise.
        raw_output_data_config: likewise.
        max_parallelism: likewise.

    Raises:
        UserError: one is of another type, or no number that could be a limit.
    """
    for name, value in (("labels", labels), ("annotations", annotations)):
        kind = Labels if name == "labels" else Annotations
        if value is not None and not isinstance(value, kind):
            raise UserError(f"{what}: {name}={value!r}: give {kind.__name__}({{...}})")
    if raw_output_data_config is not None and not hasattr(raw_output_data_config, "output_location_prefix"):
        raise UserError(f"{what}: raw_output_data_config={raw_output_data_config!r}: give a RawOutputDataConfig")
    number = max_parallelism
    if number is not None and (isinstance(number, bool) or not isinstance(number, int) or number < 0):
        raise UserError(f"{what}: max_parallelism={number!r}: give a whole number from 0, where 0 is no limit")
