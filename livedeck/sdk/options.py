"""The options of tasks, workflows and nodes, checked when they are written."""

import enum
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict

from livedeck.deck.settings import DeckPublish
from livedeck.errors import TypeMismatch, UnsupportedOption, UserError
from livedeck.sdk.cache_policies import CachePolicy

if TYPE_CHECKING:
    from livedeck.sdk.descriptions import Documentation
    from livedeck.sdk.secrets import Secret

# Compiled when a quantity is first read: most programs give none.
_QUANTITY = r"\+?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+|[numkMGTPE]|[KMGTPE]i)?"
"""An amount as Kubernetes writes it, none below 0; ``livedeck.propeller.quantities`` reads the same."""


class DeckField(enum.StrEnum):
    """Tabs that livedeck adds to a Deck when the task ends; the values are the tabs' names, as in flytekit."""

    INPUT = "Input"
    """The inputs."""
    OUTPUT = "Output"
    """The outputs."""
    SOURCE_CODE = "Source Code"
    """The task's function."""
    TIMELINE = "Timeline"
    """How long each part of the attempt took."""
    DEPENDENCIES = "Dependencies"
    """The installed packages."""


class Overrides(TypedDict, total=False):
    """What ``with_overrides`` can change for one node; `Node.with_overrides` says what each means."""

    node_name: str
    name: str
    retries: int
    timeout: "timedelta | float"
    interruptible: bool
    requests: "Resources"
    limits: "Resources"
    cache: "bool | Cache"
    cache_version: str
    cache_serialize: bool
    resources: "Resources"
    container_image: Any
    pod_template: Any
    shared_memory: bool | str


class WorkflowFailurePolicy(enum.Enum):
    """What becomes of a workflow's other nodes when one has failed."""

    FAIL_IMMEDIATELY = 0
    """Running nodes are aborted, and the workflow fails."""
    FAIL_AFTER_EXECUTABLE_NODES_COMPLETE = 1
    """Nodes that do not depend on the failed one still run; then the workflow fails."""


@dataclass(frozen=True)
class Resources:
    """What a task asks for (``requests``) or may use at most (``limits``), in Kubernetes' units.

    A number means cores, or bytes: ``Resources(cpu=0.5, mem="2Gi", gpu=1)``. All of it is registered with the task.
    livedeck's own executor, which runs tasks as processes of one machine, starts a task when enough ``cpu`` and
    ``mem`` is free there, refuses a ``gpu`` that it cannot give, and does not look at ``ephemeral_storage``: on one
    machine all tasks share the disk. On a Ray cluster, as with Flyte's engine, all four are honoured.

    Args:
        cpu: cores: ``2``, ``0.5``, ``"500m"``.
        mem: memory in bytes: ``"2Gi"``, ``"500M"``.
        gpu: number of GPUs.
        ephemeral_storage: disk space in bytes that is gone when the task is over.

    Raises:
        UserError: an amount that is none.
    """

    cpu: "str | float | Range | None" = None
    mem: "str | int | Range | None" = None
    gpu: "str | int | Range | None" = None
    ephemeral_storage: "str | int | Range | None" = None

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, tuple | list) and len(value) == 2 and all(map(_is_quantity, value)):
                continue
            if value is not None and not _is_quantity(value):
                raise UserError(
                    f"Resources({each.name}={value!r}) is not an amount: "
                    'write a number, or text such as "500m" (cores) or "2Gi" (bytes); '
                    "k, M, G are thousands, and Ki, Mi, Gi are 1024s, as in Kubernetes"
                )


Range = tuple[str | float, str | float] | list[str | float]
"""What is asked for, and what may be used at most."""


def read_both_resources(resources: Any, requests: Any, limits: Any) -> tuple[Resources, Resources]:
    """Return requests and limits, which may be given as one: ``resources=Resources(cpu=("1", "2"))``.

    Raises:
        UserError: they are no resources, or are given twice.
    """
    if resources is None:
        return _single("requests", requests), _single("limits", limits)
    if requests is not None or limits is not None:
        raise UserError("give resources, or requests and limits, not both")
    both = read_resources("resources", resources)
    given = {each.name: getattr(both, each.name) for each in fields(both)}
    pairs = {name: value if isinstance(value, tuple | list) else (value, None) for name, value in given.items()}
    return (
        Resources(**{name: pair[0] for name, pair in pairs.items()}),
        Resources(**{name: pair[1] for name, pair in pairs.items()}),
    )


def _single(name: str, value: Any) -> Resources:
    found = read_resources(name, value)
    for each in fields(found):
        amount = getattr(found, each.name)
        if isinstance(amount, tuple | list):
            raise UserError(
                f"{name}=Resources({each.name}={amount!r}): give one amount, or a pair in resources=Resources(...)"
            )
    return found


def _is_quantity(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    return bool(re.fullmatch(_QUANTITY, str(value)))


@dataclass(frozen=True, init=False)
class Cache:
    """How a task's outputs are reused: the same inputs and the same version give the recorded outputs.

    Without a version it is taken from the code: the function's own, what it uses of its module, and the modules of the
    project that it imports, directly or by way of others. Editing any of them invalidates the cache. Installed
    packages, data files, and modules whose names are only made at run time are not looked at: give a version, and
    raise it, when those matter.

    Args:
        version: of the cached outputs; empty or None: taken from the code.
        serialize: whether only one at a time computes outputs that are not cached yet: others with the same inputs wait
            for it, and take what it has made. If it fails or dies, one of those computes them.
        ignored_inputs: names of inputs that make no difference to the outputs.
        salt: changes a version that is not given: another one, and nothing that is cached is found any more.
        policies: what gives a version that is not given, all together; the code is not looked at then.
        unknown: what there is no option for.

    Raises:
        TypeMismatch: the version or salt is no text, ``serialize`` neither True nor False, or a policy none.
    """

    version: str = ""
    serialize: bool = False
    ignored_inputs: Iterable[str] = ()
    salt: str = ""
    policies: tuple[CachePolicy, ...] = ()

    def __init__(
        self,
        version: str | None = "",
        serialize: bool = False,  # noqa: FBT001, FBT002 - flytekit's signature
        ignored_inputs: Iterable[str] = (),
        salt: str = "",
        policies: "CachePolicy | Iterable[CachePolicy] | None" = None,
        **unknown: Any,
    ) -> None:
        refuse(unknown, {}, tuple(each.name for each in fields(self)), "Cache")
        version = "" if version is None else version
        for what, text in (("version", version), ("salt", salt)):
            if not isinstance(text, str):
                raise TypeMismatch(f"a cache {what} is text, not {text!r}")
        names = (ignored_inputs,) if isinstance(ignored_inputs, str) else tuple(ignored_inputs)
        object.__setattr__(self, "version", version)
        object.__setattr__(self, "serialize", read_flag("serialize", serialize))
        object.__setattr__(self, "ignored_inputs", names)
        object.__setattr__(self, "salt", salt)
        object.__setattr__(self, "policies", _read_policies(policies))


def _read_policies(given: Any) -> tuple[CachePolicy, ...]:
    if given is None:
        return ()
    policies = (given,) if isinstance(given, CachePolicy) else tuple(given) if isinstance(given, Iterable) else (given,)
    for policy in policies:
        if not isinstance(policy, CachePolicy):
            raise TypeMismatch(f"{policy!r} is no cache policy: give an object with a method get_version(salt, params)")
    return policies


@dataclass(frozen=True)
class Gang:
    """The processes that each attempt of a task has."""

    nodes: int
    processes: int
    """On each node."""

    @property
    def size(self) -> int:
        """How many there are in all."""
        return self.nodes * self.processes


@dataclass(frozen=True)
class TaskOptions:
    """All that ``@task(...)`` says beyond the function itself. See ``task`` for the meanings."""

    enable_deck: bool | None = None
    """None: as soon as something is put on its Deck."""
    deck_fields: tuple[DeckField, ...] = ()
    deck_publish: DeckPublish = field(default_factory=DeckPublish)
    retries: int = 0
    timeout: timedelta | None = None
    requests: Resources = field(default_factory=Resources)
    limits: Resources = field(default_factory=Resources)
    environment: Mapping[str, str] = field(default_factory=dict)
    interruptible: bool | None = None
    cache: Cache | None = None
    image: str = ""
    """The container image's name, which is registered and changes nothing."""
    secrets: "tuple[Secret, ...]" = ()
    docs: "Documentation | None" = None
    deprecated: str = ""
    executor: str = ""
    """The name of the executor that runs it; empty: the server's default."""
    accelerator: str = ""
    """The kind of GPU that it needs, by Flyte's name of it; empty: any."""
    custom_resources: Mapping[str, float] = field(default_factory=dict)
    """What it takes of resources that nodes of a cluster were started with, by their names."""
    gang: Gang | None = None
    """What ``task_config=Elastic(...)`` says; None: an attempt is one process."""
    elastic_noted: tuple[str, ...] = ()
    """Fields of ``Elastic`` that were given and change nothing."""
    noted: tuple[str, ...] = ()
    """Options that were given and change nothing."""


class TaskKeywords(TypedDict, total=False):
    """The options of ``@task`` by name, for decorators that take the same. See ``task`` for the meanings."""

    enable_deck: bool | None
    deck_fields: Iterable[DeckField]
    deck_publish: DeckPublish | None
    retries: int
    timeout: float | timedelta | None
    requests: Resources | None
    limits: Resources | None
    environment: Mapping[str, str] | None
    interruptible: bool | None
    cache: bool | Cache
    cache_version: str
    cache_serialize: bool
    cache_ignore_input_vars: tuple[str, ...]
    resources: Resources | None
    secret_requests: "list[Secret] | None"
    docs: "Documentation | str | None"
    container_image: Any
    deprecated: str | None
    executor: str | None
    task_config: Any
    accelerator: Any
    custom_resources: Mapping[str, float] | None
    labels: Mapping[str, str] | None
    annotations: Mapping[str, str] | None
    pod_template: Any
    pod_template_name: str | None
    shared_memory: bool | str | None


EVERY_FIELD = tuple(DeckField)
_NO_RESOURCES = Resources()
_USUAL_PUBLISH = DeckPublish()


def read_retries(value: Any) -> int:
    """Check a number of retries."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1000:
        raise UserError(f"retries={value!r}: give a whole number from 0 to 1000")
    return value


def read_timeout(value: Any) -> timedelta | None:
    """Check a time limit: seconds or a ``timedelta``; 0 and None mean none."""
    if value is None or value in (0, timedelta(0)):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            value = timedelta(seconds=value)
        except (OverflowError, ValueError) as error:
            raise UserError(f"timeout={value!r}: {error}") from None
    if not isinstance(value, timedelta) or value < timedelta(0):
        raise UserError(f"timeout={value!r}: give seconds or a timedelta above 0")
    return value


def read_flag(name: str, value: Any) -> bool:
    """Check an option that is True or False."""
    if not isinstance(value, bool):
        raise UserError(f"{name}={value!r}: give True or False")
    return value


def read_resources(name: str, value: Any) -> Resources:
    """Check ``requests`` or ``limits``; None asks for nothing."""
    if value is None:
        return _NO_RESOURCES
    if not isinstance(value, Resources):
        raise UserError(f"{name}={value!r}: give Resources(cpu=..., mem=...)")
    return value


def read_environment(value: Any) -> Mapping[str, str]:
    """Check environment variables."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UserError(f"environment={value!r}: give a dict of names and values")
    for name, text in value.items():
        if not isinstance(name, str) or not isinstance(text, str):
            raise UserError(f"environment: {name!r}: {text!r} must both be text")
        if not name or "=" in name or "\0" in name + text:
            raise UserError(f"environment: {name!r}: {text!r} cannot be an environment variable")
    return dict(value)


def read_deck_fields(value: Any) -> tuple[DeckField, ...]:
    """Check ``deck_fields``."""
    if value == EVERY_FIELD:  # as for most tasks
        return EVERY_FIELD
    if isinstance(value, str):
        raise UserError(f"deck_fields={value!r}: give a tuple, as in (DeckField.INPUT,)")
    try:
        return tuple(dict.fromkeys(DeckField(each) for each in value))
    except (TypeError, ValueError):
        names = ", ".join(f"DeckField.{each.name}" for each in DeckField)
        raise UserError(f"deck_fields={value!r}: give a tuple of {names}") from None


def read_deck_publish(value: Any, *, enable_deck: bool | None) -> DeckPublish:
    """Check ``deck_publish``; None: as usual."""
    if value is None:
        return _USUAL_PUBLISH
    if enable_deck is False:
        raise UserError("deck_publish says nothing with enable_deck=False")
    if not isinstance(value, DeckPublish):
        raise UserError(f"deck_publish={value!r}: give DeckPublish(min_interval=..., every=..., ...)")
    return value


def read_cache(cache: Any, version: Any, serialize: Any, ignored: Any) -> Cache | None:
    """Read the four options about caching that flytekit has, in both its forms."""
    names = "cache_version, cache_serialize and cache_ignore_input_vars"
    if isinstance(cache, Cache):
        if version or serialize or ignored:
            raise UserError(f"give {names} inside Cache(...), or cache=True with them")
        return cache
    if not read_flag("cache", cache):
        if version or serialize or ignored:
            raise UserError(f"{names} say nothing without cache=True")
        return None
    return Cache(version or "", read_flag("cache_serialize", serialize), tuple(ignored or ()))


def read_node_cache(cache: Any, version: Any, serialize: Any) -> tuple[bool | None, str | None, bool | None]:
    """Read what a node changes of its task's cache, in both of flytekit's forms.

    Returns:
        ``cache``, ``cache_version`` and ``cache_serialize``; None: as the task says.

    Raises:
        UserError: they say nothing together, or make no sense.
        UnsupportedOption: a node cannot change it.
    """
    if not isinstance(cache, Cache):
        flag = None if cache is None else read_flag("cache", cache)
        return flag, version, None if serialize is None else read_flag("cache_serialize", serialize)
    if version is not None or serialize is not None:
        raise UserError(
            "with_overrides: give cache_version and cache_serialize inside Cache(...), or cache=True with them"
        )
    if cache.ignored_inputs:
        raise UnsupportedOption(
            f"with_overrides: Cache(ignored_inputs={cache.ignored_inputs!r}) cannot be honoured: which inputs make a "
            "difference is up to the task; give them to @task"
        )
    if not cache.version and (cache.salt or cache.policies):
        raise UserError("with_overrides: give Cache(...) a version: salt and policies make one for @task alone")
    return True, cache.version or None, cache.serialize


def refuse(options: Mapping[str, Any], reasons: Mapping[str, str], known: tuple[str, ...], what: str) -> None:
    """Refuse options that flytekit knows and livedeck does not honour, and those that neither knows.

    Raises:
        UnsupportedOption: a value was given to an option that cannot be honoured here.
        TypeError: there is no such option.
    """
    for name, value in options.items():
        if name not in reasons:
            import difflib

            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {close[0]!r}?" if close else f"; there are: {', '.join(known)}"
            raise TypeError(f"{what} has no option {name!r}{hint}")
        if value is not None and value is not False:
            raise UnsupportedOption(f"{what}: {name}={value!r} cannot be honoured: {reasons[name]}")
