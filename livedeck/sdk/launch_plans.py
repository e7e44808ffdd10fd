"""``LaunchPlan``: a workflow with inputs that are fixed or have other defaults, under a name of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, TypeVar

from livedeck.errors import InvalidName, UnknownEntity, UnsupportedOption, UserError
from livedeck.sdk.entities import Entity
from livedeck.sdk.interface import Interface
from livedeck.sdk.launch_options import (
    NOTIFICATIONS,
    SCHEDULE,
    Annotations,
    ConcurrencyPolicy,
    Labels,
    Options,
    RawOutputDataConfig,
    check_options,
    security_message,
)
from livedeck.sdk.nodes import refuse_overrides_of_workflow
from livedeck.sdk.types import Location, accept
from livedeck.sdk.workflows import Workflow

R = TypeVar("R")
R2 = TypeVar("R2")


@dataclass(frozen=True)
class PlanOptions:
    """All that a launch plan says beyond its workflow and inputs. See ``LaunchPlan.get_or_create`` for the meanings."""

    labels: Labels | None = None
    annotations: Annotations | None = None
    raw_output_data_config: RawOutputDataConfig | None = None
    max_parallelism: int | None = None
    security_context: Any = None
    overwrite_cache: bool | None = None
    auto_activate: bool = False
    concurrency: ConcurrencyPolicy | None = None

    @classmethod
    def of(cls, options: Options | None) -> "PlanOptions":
        """Return what a workflow's ``default_options`` say about its default launch plan."""
        if options is None:
            return cls()
        return cls(
            options.labels,
            options.annotations,
            options.raw_output_data_config,
            options.max_parallelism,
            options.security_context,
            options.overwrite_cache,
        )


class LaunchPlan(Entity[..., R]):
    """A workflow as it is started. Make one by ``LaunchPlan.get_or_create``.

    Called in a workflow it becomes a node that starts an execution of its own, with a page of its own, and waits for
    it. Called as a plain function it runs the workflow here and now. Inputs are given by name.

    Args:
        name: its name.
        workflow: what it runs.
        default_inputs: inputs that need not be given.
        fixed_inputs: inputs that cannot be given.
        plan_options: what else it says.
    """

    kind = "launch plan"
    CACHE: ClassVar[dict[str, "LaunchPlan[Any]"]] = {}
    """Those that were made, by name."""

    def __init__(
        self,
        name: str,
        workflow: Workflow[..., R],
        default_inputs: Mapping[str, Any],
        fixed_inputs: Mapping[str, Any],
        plan_options: PlanOptions,
    ) -> None:
        self.name = name
        self.workflow = workflow
        self.module = workflow.module
        self.function = workflow.function
        self.options = plan_options
        self._default_inputs = dict(default_inputs)
        self._fixed_inputs = dict(fixed_inputs)
        self._interface = self._planned(workflow.interface)

    def _planned(self, inner: Interface) -> Interface:
        where = f"launch plan {self.name!r}"
        for name in (*self._default_inputs, *self._fixed_inputs):
            if name not in inner.inputs:
                known = ", ".join(inner.inputs) or "none"
                raise UnknownEntity(f"{where}: {inner.entity} has no input {name!r}; its inputs are: {known}")
        for given in (self._default_inputs, self._fixed_inputs):
            for name, value in given.items():
                given[name] = accept(value, inner.inputs[name].type, Location(where, name))
        inputs = {
            name: replace(each, default=self._default_inputs[name]) if name in self._default_inputs else each
            for name, each in inner.inputs.items()
            if name not in self._fixed_inputs
        }
        return replace(inner, entity=self.name, inputs=inputs)

    @property
    def fixed_inputs(self) -> dict[str, Any]:
        """The inputs that it fixes."""
        return dict(self._fixed_inputs)

    def all_inputs(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Return the workflow's inputs: what was given, its defaults, and those that it fixes.

        Args:
            given: what was given, by name.
        """
        return {**self.interface.complete(given), **self._fixed_inputs}

    @property
    def display_name(self) -> str:
        """What consoles call a node that starts it."""
        return self.name.rpartition(".")[2]

    def check(self) -> None:
        """Check the workflow.

        Raises:
            UserError: it cannot be compiled.
        """
        self.workflow.check()

    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Refuse overrides that a node which starts it cannot have.

        Args:
            given: the overrides by name.

        Raises:
            UserError: one of them cannot be honoured.
        """
        refuse_overrides_of_workflow(given, "a launch plan")

    def __call__(self, *args: Any, **kwargs: Any) -> R:
        """Start it, or in a workflow make a node that does.

        Raises:
            UserError: an input is given by position, or is one that it fixes.
        """
        if args:
            raise UserError(f"{self.name}: inputs of a launch plan are given by name, not by position: {args!r}")
        for name in kwargs:
            if name in self._fixed_inputs:
                raise UserError(f"{self.name}: input {name!r} is fixed by the launch plan and cannot be given")
        return super().__call__(**kwargs)

    def clone_with(  # noqa: PLR0917 - flytekit's signature
        self,
        name: str,
        parameters: Mapping[str, Any] | None = None,
        fixed_inputs: Mapping[str, Any] | None = None,
        schedule: Any = None,
        notifications: list[Any] | None = None,
        labels: Labels | None = None,
        annotations: Annotations | None = None,
        raw_output_data_config: RawOutputDataConfig | None = None,
        max_parallelism: int | None = None,
        security_context: Any = None,
        trigger: Any = None,
        overwrite_cache: bool | None = None,  # noqa: FBT001 - flytekit's signature
        auto_activate: bool = False,  # noqa: FBT001, FBT002
    ) -> "LaunchPlan[R]":
        """Make and return a launch plan of the same workflow under another name.

        What is left out is as this one has it, but for ``auto_activate``.

        Args:
            name: its name, which none has yet.
            parameters: the inputs that need not be given, all of them, as values by name.
            fixed_inputs: the inputs that cannot be given, all of them, as values by name.
            schedule: refused: nothing would start it.
            notifications: refused: nothing would be sent.
            labels: as for ``get_or_create``.
            annotations: as for ``get_or_create``.
            raw_output_data_config: as for ``get_or_create``.
            max_parallelism: as for ``get_or_create``.
            security_context: as for ``get_or_create``.
            trigger: refused like a schedule.
            overwrite_cache: as for ``get_or_create``.
            auto_activate: as for ``get_or_create``.

        Raises:
            InvalidName: there is one of that name.
            UserError: an input does not fit, or an option makes no sense.
            UnsupportedOption: an option cannot be honoured here.
        """
        for what, given in (("parameters", parameters), ("fixed_inputs", fixed_inputs)):
            if given is not None and not isinstance(given, Mapping):
                raise UserError(f"launch plan {name!r}: {what}={given!r}: give values by name, in a dict")
        fixed = self._fixed_inputs if fixed_inputs is None else fixed_inputs
        defaults = self._default_inputs if parameters is None else parameters
        said = self.options
        return LaunchPlan.create(
            name,
            self.workflow,
            {each: value for each, value in defaults.items() if each not in fixed},
            dict(fixed),
            schedule,
            notifications,
            labels or said.labels,
            annotations or said.annotations,
            raw_output_data_config or said.raw_output_data_config,
            said.max_parallelism if max_parallelism is None else max_parallelism,
            security_context or said.security_context,
            trigger=trigger,
            overwrite_cache=said.overwrite_cache if overwrite_cache is None else overwrite_cache,
            auto_activate=auto_activate,
            concurrency=said.concurrency,
        )

    def __reduce__(self) -> Any:
        return LaunchPlan, (self.name, self.workflow, self._default_inputs, self._fixed_inputs, self.options)

    @staticmethod
    def get_default_launch_plan(ctx: Any, workflow: Workflow[..., R2]) -> "LaunchPlan[R2]":
        """Return the launch plan that each workflow is registered with: of its name, with its defaults.

        Args:
            ctx: has no meaning here; flytekit's signature.
            workflow: the workflow.
        """
        del ctx
        _check_workflow(workflow)
        known = LaunchPlan.CACHE.get(workflow.name)
        if known is None or known.workflow is not workflow:
            known = LaunchPlan(workflow.name, workflow, {}, {}, PlanOptions.of(workflow.default_options))
            LaunchPlan.CACHE[workflow.name] = known
        return known

    @classmethod
    def create(  # noqa: PLR0917 - flytekit's signature
        cls,
        name: str,
        workflow: Workflow[..., R2],
        default_inputs: dict[str, Any] | None = None,
        fixed_inputs: dict[str, Any] | None = None,
        schedule: Any = None,
        notifications: list[Any] | None = None,
        labels: Labels | None = None,
        annotations: Annotations | None = None,
        raw_output_data_config: RawOutputDataConfig | None = None,
        max_parallelism: int | None = None,
        security_context: Any = None,
        auth_role: Any = None,
        trigger: Any = None,
        overwrite_cache: bool | None = None,  # noqa: FBT001 - flytekit's signature
        auto_activate: bool = False,  # noqa: FBT001, FBT002
        concurrency: ConcurrencyPolicy | None = None,
    ) -> "LaunchPlan[R2]":
        """Make and return a launch plan under a name that none has yet.

        All that it is given means what it means to ``get_or_create``: ``name``, ``workflow``, ``default_inputs``,
        ``fixed_inputs``, ``schedule``, ``notifications``, ``labels``, ``annotations``, ``raw_output_data_config``,
        ``max_parallelism``, ``security_context``, ``auth_role``, ``trigger``, ``overwrite_cache``, ``auto_activate``
        and ``concurrency``.

        Raises:
            InvalidName: there is one of that name.
            UserError: an input does not fit, or an option makes no sense.
            UnsupportedOption: an option cannot be honoured here.
        """
        _check_name(name)
        _check_workflow(workflow)
        if name in cls.CACHE and not _redefined(cls.CACHE[name].workflow, workflow):
            raise InvalidName(f"there is a launch plan {name!r} already: give this one another name")
        return cls.get_or_create(
            workflow,
            name,
            default_inputs,
            fixed_inputs,
            schedule,
            notifications,
            labels,
            annotations,
            raw_output_data_config,
            max_parallelism,
            security_context,
            auth_role,
            trigger,
            overwrite_cache,
            auto_activate,
            concurrency,
        )

    @classmethod
    def get_or_create(  # noqa: PLR0917 - flytekit's signature
        cls,
        workflow: Workflow[..., R2],
        name: str | None = None,
        default_inputs: dict[str, Any] | None = None,
        fixed_inputs: dict[str, Any] | None = None,
        schedule: Any = None,
        notifications: list[Any] | None = None,
        labels: Labels | None = None,
        annotations: Annotations | None = None,
        raw_output_data_config: RawOutputDataConfig | None = None,
        max_parallelism: int | None = None,
        security_context: Any = None,
        auth_role: Any = None,
        trigger: Any = None,
        overwrite_cache: bool | None = None,  # noqa: FBT001 - flytekit's signature
        auto_activate: bool = False,  # noqa: FBT001, FBT002
        concurrency: ConcurrencyPolicy | None = None,
    ) -> "LaunchPlan[R2]":
        """Return a workflow's launch plan of some name; make it if there is none.

        Args:
            workflow: what it runs.
            name: its name; without one it is the workflow's default launch plan, which says nothing else.
            default_inputs: inputs that need not be given, in place of the workflow's own defaults.
            fixed_inputs: inputs that cannot be given.
            schedule: refused: nothing would start it.
            notifications: refused: nothing would be sent.
            labels: labels of its executions.
            annotations: annotations of its executions.
            raw_output_data_config: where large values go; by default the server's store.
            max_parallelism: how many attempts of an execution may run at once; 0: any number.
            security_context: whom tasks run as, as a message of Flyte's, or flytekit's object: registered and shown.
                Here they run as the server's user.
            auth_role: the same, by an older name.
            trigger: a schedule by another name, refused like one.
            overwrite_cache: whether tasks run although their outputs are cached.
            auto_activate: whether it is active once it is registered.
            concurrency: how many executions may run at once.

        Raises:
            InvalidName: there is one of that name that is different.
            UserError: an input does not fit, or an option makes no sense.
            UnsupportedOption: an option cannot be honoured here.
        """
        plan_options = PlanOptions(
            labels,
            annotations,
            raw_output_data_config,
            max_parallelism,
            security_context or auth_role,
            overwrite_cache,
            auto_activate,
            concurrency,
        )
        if name is None:
            said = (default_inputs, fixed_inputs, schedule, notifications, trigger)
            if any(each is not None for each in said) or plan_options != PlanOptions():
                raise UserError(
                    "only a launch plan with a name can have inputs or options of its own: give it a name, or leave "
                    "them out"
                )
            return cls.get_default_launch_plan(None, workflow)
        made = cls._made(
            name,
            workflow,
            default_inputs,
            fixed_inputs,
            schedule=schedule or trigger,
            notifications=notifications,
            plan_options=plan_options,
        )
        known = cls.CACHE.get(name)
        if known is None or _redefined(known.workflow, workflow):
            cls.CACHE[name] = known = made
        _check_same(known, made)
        return known

    @classmethod
    def _made(
        cls,
        name: Any,
        workflow: Workflow[..., R2],
        default_inputs: dict[str, Any] | None,
        fixed_inputs: dict[str, Any] | None,
        *,
        schedule: Any,
        notifications: list[Any] | None,
        plan_options: PlanOptions,
    ) -> "LaunchPlan[R2]":
        what = f"launch plan {name!r}"
        _check_name(name)
        _check_workflow(workflow)
        for asked, words in ((schedule, SCHEDULE), (notifications, NOTIFICATIONS)):
            if asked:
                raise UnsupportedOption(f"{what} has {asked!r}: {words}")
        said = plan_options
        if said.concurrency is not None and not isinstance(said.concurrency, ConcurrencyPolicy):
            raise UserError(f"{what}: concurrency={said.concurrency!r}: give a ConcurrencyPolicy")
        check_options(what, said.labels, said.annotations, said.raw_output_data_config, said.max_parallelism)
        security_message(what, said.security_context)
        return LaunchPlan(name, workflow, default_inputs or {}, fixed_inputs or {}, plan_options)


def _check_name(name: object) -> None:
    if not isinstance(name, str) or not name:
        raise InvalidName(f"a launch plan cannot be called {name!r}: give a text")


def _check_workflow(workflow: object) -> None:
    if not isinstance(workflow, Workflow):
        raise UserError(f"a launch plan is of a workflow, not of {workflow!r}")


def _redefined(old: Workflow[..., Any], new: Workflow[..., Any]) -> bool:
    """Whether a workflow takes the place of an older one of its name: its module was loaded once more."""
    return old is not new and old.name == new.name


def _check_same(known: LaunchPlan[Any], made: LaunchPlan[Any]) -> None:
    if known.workflow is not made.workflow:
        raise InvalidName(
            f"two launch plans are called {made.name!r}, one of {known.workflow.name} and one of {made.workflow.name}: "
            "give one of them another name"
        )
    for what, old, new in (
        ("default_inputs", known._default_inputs, made._default_inputs),
        ("fixed_inputs", known._fixed_inputs, made._fixed_inputs),
        *((name, getattr(known.options, name), getattr(made.options, name)) for name in vars(made.options)),
    ):
        if old != new:
            raise InvalidName(
                f"there is a launch plan {made.name!r} with {what}={old!r}, and here it is {new!r}: give this one "
                "another name"
            )
