"""``Workflow(name=...)``: a workflow that is put together call by call, instead of being read from a function."""

import typing
from typing import Any, NoReturn

from livedeck.errors import InvalidName, InvalidWorkflow, UnsupportedOption, UserError
from livedeck.sdk import options
from livedeck.sdk.entities import AnyEntity, Entity, calls_go_to, current_caller
from livedeck.sdk.failure_nodes import failure_node
from livedeck.sdk.interface import Interface, Parameter
from livedeck.sdk.modules import calling_module
from livedeck.sdk.node_creation import CreatedNode, create_node
from livedeck.sdk.nodes import Node, Reference, in_order, references
from livedeck.sdk.options import WorkflowFailurePolicy
from livedeck.sdk.promises import Promise
from livedeck.sdk.tracing import Trace, Traced
from livedeck.sdk.types import Location, require, type_name
from livedeck.sdk.workflows import Workflow


class ImperativeWorkflow(Workflow[..., Any]):
    """A workflow whose inputs, nodes and outputs are added one after the other. ``Workflow(name=...)`` makes it.

    Once it is put together it is like any other: it can be run, called in workflows, and have launch plans.

    Args:
        name: its name, which has to be unique in the project.
        failure_policy: what becomes of the other nodes when one fails; they are stopped at once by default.
        interruptible: as in ``@workflow``.

    Raises:
        UserError: an option has a value that makes no sense.
    """

    def __init__(
        self,
        name: str,
        failure_policy: WorkflowFailurePolicy | None = None,
        interruptible: bool = False,  # noqa: FBT001, FBT002 - flytekit's signature
    ) -> None:
        given: Any = name
        if not isinstance(given, str) or not given:
            raise InvalidName(f"Workflow(name={given!r}): give a text")
        policy = failure_policy or WorkflowFailurePolicy.FAIL_IMMEDIATELY
        if not isinstance(policy, WorkflowFailurePolicy):
            raise UserError(f"failure_policy={failure_policy!r}: give a WorkflowFailurePolicy")
        self.name = name
        self.module = calling_module()
        self.function = self._no_function
        self.on_failure: AnyEntity | None = None
        self.failure_policy = policy
        self.interruptible = options.read_flag("interruptible", interruptible) or None
        self.default_options = None
        self.inputs: dict[str, Promise] = {}
        """The promises of its inputs, by name."""
        self._types: dict[str, Any] = {}
        self._outputs: dict[str, tuple[Any, Any]] = {}
        self._unused: set[str] = set()
        self._trace = Trace()
        self._traced: Traced | None = None

    def _no_function(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        raise UserError(f"{self.name} was put together without a function")

    @property
    def display_name(self) -> str:
        """What consoles call a node that runs it."""
        return self.name.rpartition(".")[2]

    @property
    def description(self) -> str:
        """Nothing: there is no docstring."""
        return ""

    @property
    def interface(self) -> Interface:
        """The inputs and outputs that were added so far."""
        return Interface(
            self.name,
            {name: Parameter(name, each) for name, each in self._types.items()},
            {name: kind for name, (_, kind) in self._outputs.items()},
            several=len(self._outputs) > 1,
        )

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes that were added so far."""
        return tuple(self._trace.nodes)

    @property
    def traced(self) -> Traced:
        """The nodes and outputs.

        Raises:
            InvalidWorkflow: there are no nodes, a cycle, or an input that nothing is given.
        """
        if self._traced is None:
            if not self._trace.nodes:
                raise InvalidWorkflow(f"{self.name} is empty: add what it is to run, with add_entity")
            if self._unused:
                unused = ", ".join(map(repr, sorted(self._unused)))
                raise InvalidWorkflow(f"{self.name} is not ready: nothing is given its input {unused}")
            self._trace.finish()
            outputs = {
                name: self._trace.bind(value, kind, Location(self.name, name, "output"))
                for name, (value, kind) in self._outputs.items()
            }
            nodes = self._trace.nodes
            handler = None if self.on_failure is None else failure_node(self.on_failure, self.interface, nodes)
            self._traced = Traced(in_order(nodes, self.name), outputs, handler)
        return self._traced

    def ready(self) -> bool:
        """Whether it can be run: it has a node, and all of its inputs are given to nodes."""
        return bool(self._trace.nodes) and not self._unused

    def add_workflow_input(self, input_name: str, python_type: Any) -> Promise:
        """Add an input, and return the promise of it; it is in ``inputs`` too.

        Args:
            input_name: its name.
            python_type: its type.

        Raises:
            InvalidName: there is one of that name.
            UnsupportedType: the type cannot be carried between tasks.
        """
        if input_name in self.inputs:
            raise InvalidName(f"{self.name} has an input {input_name!r} already")
        require(python_type, Location(self.name, input_name))
        self._changes()
        self._types[input_name] = python_type
        self._unused.add(input_name)
        promise = self.inputs[input_name] = Promise(Reference(None, input_name), python_type)
        return promise

    def add_workflow_output(
        self,
        output_name: str,
        p: Promise | list[Promise] | dict[str, Promise],
        python_type: Any = None,
    ) -> None:
        """Add an output.

        Args:
            output_name: its name.
            p: a promise, or a list or dict of promises.
            python_type: its type; needed for a list or a dict.

        Raises:
            InvalidName: there is one of that name.
            UserError: the type is needed.
            TypeMismatch: the promise is not of that type.
        """
        if output_name in self._outputs:
            raise InvalidName(f"{self.name} has an output {output_name!r} already")
        if python_type is None:
            if not isinstance(p, Promise):
                raise UserError(f"{self.name}: output {output_name!r} is a {type_name(type(p))}: give python_type too")
            python_type = p._type
        location = Location(self.name, output_name, "output")
        require(python_type, location)
        self._changes()
        bound = self._trace.bind(p, python_type, location)
        self._unused -= {each.output for each in references(bound) if each.node is None}
        self._outputs[output_name] = (p, python_type)

    def add_entity(self, entity: AnyEntity, **kwargs: Any) -> CreatedNode:
        """Add a node, and return it: its outputs are ``node.outputs["o0"]`` or ``node.o0``.

        Args:
            entity: a task, workflow or launch plan.
            kwargs: its inputs: values, promises of this workflow's inputs or of other nodes' outputs.

        Raises:
            UserError: it is nothing that can be called, or an input does not fit.
        """
        self._changes()
        with calls_go_to(self._trace):
            made = create_node(entity, **kwargs)
        bound = made._node_for("add_entity").bindings.values()
        self._unused -= {each.output for binding in bound for each in references(binding) if each.node is None}
        return made

    def add_task(self, task: AnyEntity, **kwargs: Any) -> CreatedNode:
        """Add a node that runs a task. The same as ``add_entity``."""
        return self.add_entity(task, **kwargs)

    def add_launch_plan(self, launch_plan: AnyEntity, **kwargs: Any) -> CreatedNode:
        """Add a node that starts a launch plan. The same as ``add_entity``."""
        return self.add_entity(launch_plan, **kwargs)

    def add_subwf(self, sub_wf: AnyEntity, **kwargs: Any) -> CreatedNode:
        """Add a node that runs a workflow. The same as ``add_entity``."""
        return self.add_entity(sub_wf, **kwargs)

    def add_on_failure_handler(self, entity: AnyEntity) -> None:
        """Say what runs when the workflow has failed. See ``on_failure`` of ``@workflow``.

        Raises:
            InvalidWorkflow: it does not take the inputs that were added so far, or needs others.
        """
        if not isinstance(entity, Entity):
            raise UserError(f"add_on_failure_handler({entity!r}): give a task or a workflow")
        self._changes()
        failure_node(entity, self.interface, self._trace.nodes)
        self.on_failure = entity

    def create_conditional(self, name: str) -> NoReturn:
        """Say that this is not supported.

        Raises:
            UnsupportedOption: always.
        """
        raise UnsupportedOption(
            f"{self.name}.create_conditional({name!r}) is not supported: write the conditional in a @workflow, and add "
            "that with add_subwf"
        )

    @classmethod
    def of(cls, entity: AnyEntity, name: str) -> "ImperativeWorkflow":
        """Return a workflow of one node, which takes what the entity takes and gives what that gives.

        Args:
            entity: what the node runs.
            name: the workflow's name.
        """
        with calls_go_to(None):  # whatever is being run or read meanwhile
            made = cls(name)
            for each in entity.interface.inputs.values():
                made.add_workflow_input(each.name, each.type)
            node = made.add_entity(entity, **made.inputs)
            for output, promise in node.outputs.items():
                made.add_workflow_output(output, promise)
        return made

    def _changes(self) -> None:
        """Note that it is not what it was. Called by what adds something."""
        if current_caller() is not None:
            raise InvalidWorkflow(f"{self.name} cannot be changed while another workflow is being read")
        self._traced = None

    def __repr__(self) -> str:
        return f"<workflow {self.name}>"

    def __reduce__(self) -> typing.Any:
        raise TypeError(f"{self!r} was put together without a function, and cannot be pickled")
