"""The ``workflow`` decorator."""

import inspect
import threading
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, overload

from livedeck.errors import InvalidWorkflow, UserError
from livedeck.sdk import options
from livedeck.sdk.entities import AnyEntity, Entity, check_function
from livedeck.sdk.options import WorkflowFailurePolicy

if TYPE_CHECKING:
    from livedeck.sdk.descriptions import Documentation
    from livedeck.sdk.imperative import ImperativeWorkflow
    from livedeck.sdk.launch_options import Options
    from livedeck.sdk.tracing import Traced

P = ParamSpec("P")
R = TypeVar("R")

_REFUSED: Mapping[str, str] = {
    "pickle_untyped": "annotate every input and output",
}

_KNOWN = ("failure_policy", "interruptible", "on_failure", "docs", "default_options")


class Workflow(Entity[P, R]):
    """Says which tasks run on which inputs. ``@workflow`` makes one of a function.

    Called as a plain function the workflow runs its nodes here and now; called inside another workflow it becomes a
    node of that. ``Workflow(name=...)`` makes an empty one, to which inputs, nodes and outputs are added: see
    `livedeck.sdk.imperative.ImperativeWorkflow`.
    """

    kind = "workflow"
    on_failure: AnyEntity | None
    """The task or workflow that runs when it has failed."""
    failure_policy: WorkflowFailurePolicy
    """What becomes of the other nodes when one fails."""
    interruptible: bool | None
    """What its tasks go by that do not say themselves."""
    default_options: "Options | None"
    """What its default launch plan says."""

    docs: "Documentation | None" = None
    """What is said about it in place of a docstring."""

    if TYPE_CHECKING:

        def __new__(
            cls,
            name: str,
            failure_policy: WorkflowFailurePolicy | None = None,
            interruptible: bool = False,  # noqa: FBT001, FBT002 - flytekit's signature
        ) -> "ImperativeWorkflow": ...

    else:

        def __new__(cls, *_args: Any, **_kwargs: Any) -> Any:
            """Make the kind of workflow that has no function, unless a kind is asked for by its class."""
            if cls is Workflow:  # by its name, for it stands above this module
                cls = import_module("livedeck.sdk.imperative").ImperativeWorkflow  # noqa: PLW0642
            return super().__new__(cls)

    @property
    def description(self) -> str:
        """What is said about it in lists."""
        raise NotImplementedError(type(self))

    @property
    def traced(self) -> "Traced":
        """The workflow's nodes and outputs.

        Raises:
            InvalidWorkflow: it has no nodes, or a cycle, or calls itself, or needs a value that is not there yet.
            TypeMismatch: a value or promise does not fit where it is given.
        """
        raise NotImplementedError(type(self))

    def check(self) -> None:
        """Trace it.

        Raises:
            UserError: it cannot be.
        """
        _ = self.traced

    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Refuse overrides that a sub-workflow's node cannot have.

        Args:
            given: the overrides by name.

        Raises:
            UserError: one of them cannot be honoured.
        """
        from livedeck.sdk.nodes import refuse_overrides_of_workflow

        refuse_overrides_of_workflow(given, "a sub-workflow")


class FunctionWorkflow(Workflow[P, R]):
    """A workflow that is read from a function.

    The function is called once, when its nodes are first needed, with promises instead of values.

    Args:
        function: the function.
        failure_policy: what becomes of the other nodes when one fails.
        interruptible: what its tasks go by that do not say themselves.
        docs: what is said about it in place of the docstring.
        on_failure: the task or workflow that runs when it has failed.
        default_options: what its default launch plan says.
    """

    def __init__(
        self,
        function: Callable[P, R],
        *,
        failure_policy: WorkflowFailurePolicy,
        interruptible: bool | None,
        docs: "Documentation | None" = None,
        on_failure: AnyEntity | None = None,
        default_options: "Options | None" = None,
    ) -> None:
        super().__init__(function)
        self.on_failure = on_failure
        self.failure_policy = failure_policy
        self.interruptible = interruptible
        self.default_options = default_options
        self.docs = docs
        self._lock = threading.RLock()
        self._reading = False
        self._traced: Traced | None = None

    @property
    def description(self) -> str:
        """What was given as ``docs``, or else the docstring's first paragraph."""
        return (self.docs and self.docs.short_description) or self.interface.docs.summary

    @property
    def traced(self) -> "Traced":
        """The workflow's nodes and outputs.

        Raises:
            InvalidWorkflow: it has no nodes, or a cycle, or calls itself, or needs a value that is not there yet.
            TypeMismatch: a value or promise does not fit where it is given.
        """
        from livedeck.sdk.tracing import trace

        with self._lock:
            if self._traced is None:
                if self._reading:
                    raise InvalidWorkflow(f"{self.name} calls itself; a workflow's nodes must be known in advance")
                self._reading = True
                try:
                    self._traced = trace(self, on_failure=self.on_failure)
                finally:
                    self._reading = False
            return self._traced


@overload
def workflow(function: Callable[P, R], /) -> Workflow[P, R]: ...


@overload
def workflow(
    *,
    failure_policy: WorkflowFailurePolicy | None = ...,
    interruptible: bool | None = ...,
    on_failure: AnyEntity | None = ...,
    docs: "Documentation | str | None" = ...,
    default_options: "Options | None" = ...,
) -> Callable[[Callable[P, R]], Workflow[P, R]]: ...


def workflow(
    function: Callable[P, R] | None = None,
    /,
    *,
    failure_policy: WorkflowFailurePolicy | None = None,
    interruptible: bool | None = None,
    on_failure: AnyEntity | None = None,
    docs: "Documentation | str | None" = None,
    default_options: "Options | None" = None,
    **refused: Any,
) -> Workflow[P, R] | Callable[[Callable[P, R]], Workflow[P, R]]:
    """Make a function a workflow. Its body calls tasks and workflows, and passes on what they return.

    Args:
        function: the function, when the decorator is written without parentheses.
        failure_policy: what becomes of the other nodes when one fails; they are stopped at once by default.
        interruptible: as in ``@task``, for those of its tasks that do not say themselves; those of a workflow that it
            calls go by that one.
        on_failure: a task or workflow that runs when this one has failed, to clean up or to tell somebody; the run
            fails all the same. It is given the inputs of this one, and has to take them all; an input of its own of
            type ``FlyteError | None`` with the default None is told what the workflow has failed by.
        docs: a ``Documentation`` in place of the docstring, or a text in place of its first paragraph.
        default_options: labels and more of executions that its default launch plan starts.
        refused: options of flytekit that are not supported.

    Returns:
        The workflow: called like the function.

    Raises:
        UserError: the function cannot be a workflow, or an option has a value that makes no sense.
        UnsupportedType: an annotation is missing or names a type that cannot be carried between tasks.
        UnsupportedOption: an option of flytekit's that cannot be honoured here.
    """
    options.refuse(refused, _REFUSED, _KNOWN, "@workflow")
    policy = failure_policy or WorkflowFailurePolicy.FAIL_IMMEDIATELY
    if not isinstance(policy, WorkflowFailurePolicy):
        raise UserError(f"failure_policy={failure_policy!r}: give a WorkflowFailurePolicy")
    if interruptible is not None:
        options.read_flag("interruptible", interruptible)
    if on_failure is not None and not isinstance(on_failure, Entity):
        raise UserError(f"on_failure={on_failure!r}: give a task or a workflow")
    if default_options is not None and not hasattr(default_options, "max_parallelism"):
        raise UserError(f"default_options={default_options!r}: give Options(...)")
    make = partial(
        _make,
        failure_policy=policy,
        interruptible=interruptible,
        docs=_read_docs(docs),
        on_failure=on_failure,
        default_options=default_options,
    )
    return make if function is None else make(function)


def _read_docs(docs: Any) -> "Documentation | None":
    if docs is None:
        return None
    from livedeck.sdk.descriptions import read_documentation

    return read_documentation(docs)


def _make(function: Callable[P, R], **options: Any) -> Workflow[P, R]:
    check_function(function, "@workflow")
    if inspect.iscoroutinefunction(function):
        raise UserError(f"@workflow: {function.__name__} is async; a workflow only says what runs: write it with def")
    return FunctionWorkflow(function, **options)
