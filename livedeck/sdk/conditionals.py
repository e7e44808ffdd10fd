"""``conditional``: a workflow takes one of several ways, as values tell that are known only when it runs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from livedeck.errors import InvalidWorkflow
from livedeck.sdk.assignability import is_same
from livedeck.sdk.comparisons import Condition
from livedeck.sdk.entities import AnyEntity, Entity, current_caller
from livedeck.sdk.interface import Interface
from livedeck.sdk.nodes import Node, Reference, refuse_overrides
from livedeck.sdk.promises import Outputs, Promise, result_of
from livedeck.sdk.tracing import Trace
from livedeck.sdk.types import type_name


@dataclass(frozen=True)
class Way:
    """A call that runs where its condition is the first that holds, or, without one, where none does."""

    condition: Condition | None
    node: Node
    outputs: Mapping[str, Any]
    """Types of what ``then`` was given, by name."""


class Conditional(Entity[..., Any]):
    """What the node of a conditional runs: one of its ways.

    Args:
        name: what it is called.
        ways: in the order in which their conditions are looked at.
        failure: what it fails with where no condition holds; None: the last way has no condition.
    """

    kind = "conditional"

    def __init__(self, name: str, ways: tuple[Way, ...], failure: str | None) -> None:
        self.name = name
        self.ways = ways
        self.failure = failure
        self.variables = _variables(ways)
        outputs = _shared(ways)
        self._interface = Interface(f"conditional {name!r}", outputs=outputs, several=len(outputs) > 1)

    @property
    def display_name(self) -> str:
        """The name that the author gave it."""
        return self.name

    @property
    def upstream(self) -> Iterator[Node]:
        """The nodes that its ways wait for."""
        for way in self.ways:
            yield from way.node.upstream

    @property
    def callees(self) -> Iterator[AnyEntity]:
        """The tasks and workflows that its ways call."""
        for way in self.ways:
            yield from way.node.entity.callees

    @property
    def without_output(self) -> str:
        """Why its node has no output."""
        given = "; ".join(f"{way.node} gives {_listed(way.outputs)}" for way in self.ways)
        return f"its ways have no output of one name and type in common: {given}"

    def check_overrides(self, given: Mapping[str, Any]) -> None:
        """Refuse overrides that the node of a conditional cannot have.

        Raises:
            UserError: one of them cannot be honoured.
        """
        refuse_overrides(given, ("name",), "a conditional", "set it on the calls inside of then(...)")


def _listed(outputs: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} ({type_name(kind)})" for name, kind in outputs.items()) or "nothing"


def _variables(ways: tuple[Way, ...]) -> dict[str, Reference]:
    """Name what the conditions look at, as flytekit does: ``n0.o0``; an input of the workflow is ``.x``."""
    found: dict[str, Reference] = {}
    for way in ways:
        for reference in way.condition.references() if way.condition is not None else ():
            if reference not in found.values():
                name = "".join([reference.node.id if reference.node is not None else "", ".", reference.output])
                name += "".join(f"[{step!r}]" for step in reference.path)
                while name in found:  # two nodes had the same name, one after the other
                    name += "_"
                found[name] = reference
    return found


def _shared(ways: tuple[Way, ...]) -> dict[str, Any]:
    """Return the outputs that all ways have, with their types."""
    first, *others = (way.outputs for way in ways)
    return {
        name: python_type
        for name, python_type in first.items()
        if all(name in other and is_same(other[name], python_type) for other in others)
    }


class ConditionalSection:
    """A conditional while it is written: each ``if_``, ``elif_`` and ``else_`` is followed by ``then`` or ``fail``."""

    def __init__(self, name: str, trace: Trace) -> None:
        self._name = name
        self._trace = trace
        self._ways: list[Way] = []
        self._open: Case | None = None
        self._ended = False
        self._nodes = trace.open_section(str(self))

    def if_(self, condition: Any) -> "Case":
        """Begin, with the first condition.

        Args:
            condition: a comparison of promises, such as ``x > 1`` or ``flag.is_true()``, or several of them, in
                parentheses, joined with ``&`` and ``|``.

        Returns:
            What takes the call that runs where the condition holds.

        Raises:
            InvalidWorkflow: it is no condition, or not the first.
        """
        if self._ways:
            raise InvalidWorkflow(f"{self} has its if_() already: go on with elif_() or else_()")
        return self._begin(Case(self, _checked(condition, f"{self}.if_"), "if_"))

    def elif_(self, condition: Any) -> "Case":
        """Go on with another condition, which is looked at where those before do not hold.

        Args:
            condition: as for ``if_``.

        Returns:
            What takes the call that runs where the condition holds.

        Raises:
            InvalidWorkflow: it is no condition, or the first.
        """
        self._require_if("elif_")
        return self._begin(Case(self, _checked(condition, f"{self}.elif_"), "elif_"))

    def else_(self) -> "Case":
        """Come to the end.

        Returns:
            What takes the call that runs where no condition holds, or, by ``fail``, says that none does.

        Raises:
            InvalidWorkflow: there is no condition.
        """
        self._require_if("else_")
        return self._begin(Case(self, None, "else_"))

    def _require_if(self, word: str) -> None:
        if not self._ways:
            raise InvalidWorkflow(f"{self}.{word}(): begin with if_(...).then(...)")

    def _begin(self, case: "Case") -> "Case":
        if self._ended:
            raise InvalidWorkflow(f"{self} has its else_() already, which is the end")
        if self._open is not None:
            raise InvalidWorkflow(f"{self}.{self._open} is not followed by .then(...)")
        if early := self._besides(None):
            raise InvalidWorkflow(
                f"{self}.{case} calls {early}: call it before conditional(...), and compare what it returned"
            )
        self._open = case
        return case

    def _add(self, case: "Case", result: Any) -> Any:
        """Take a way, and return the section, or at its end the result of the conditional."""
        self._close(case)
        taken = [way.node for way in self._ways]
        node = _node_of(result)
        if node is None or node in taken or node not in self._nodes:
            raise InvalidWorkflow(
                f"{self}.{case}.then({result!r}): then() takes what a task or workflow returns that is called inside "
                "of its parentheses, as in .then(task(x=1))"
            )
        if others := self._besides(node):
            raise InvalidWorkflow(
                f"{self}.{case}.then(...) calls {others} besides {node}, but a way is one call: put several into a "
                "@workflow and call that"
            )
        self._ways.append(Way(case.condition, node, _outputs_of(result)))
        return self if case.condition is not None else self._end(None)

    def _besides(self, node: Node | None) -> str:
        """Name the nodes that were called in the section, and are neither ways of it nor ``node``."""
        ways = [way.node for way in self._ways]
        return ", ".join(str(each) for each in self._nodes if each is not node and each not in ways)

    def _fail(self, case: "Case", message: str) -> Any:
        self._close(case)
        if case.condition is not None:
            raise InvalidWorkflow(f"{self}.{case}.fail(...): only else_() can fail; turn the conditions round")
        return self._end(str(message))

    def _close(self, case: "Case") -> None:
        if self._open is not case:
            raise InvalidWorkflow(f"{self}.{case} has its then() or fail() already")
        self._open = None

    def _end(self, failure: str | None) -> Any:
        self._ended = True
        self._trace.close_section()
        entity = Conditional(self._name, tuple(self._ways), failure)
        return result_of(self._trace.add(entity, entity.variables))

    def __str__(self) -> str:
        return f"conditional({self._name!r})"

    __repr__ = __str__


class Case:
    """A condition, or the else, that waits for what is to run. ``if_``, ``elif_`` and ``else_`` return it."""

    def __init__(self, section: ConditionalSection, condition: Condition | None, word: str) -> None:
        self.condition = condition
        self._section = section
        self._word = word

    def then(self, result: Any) -> Any:
        """Say what runs.

        Args:
            result: a call of a task, workflow or conditional, written here: it runs only if this way is taken.

        Returns:
            After ``else_`` the promises of what all ways have in common, as a task returns them; else what goes on
            with ``elif_`` or ``else_``.

        Raises:
            InvalidWorkflow: it is no call, or several.
        """
        return self._section._add(self, result)

    def fail(self, message: str) -> Any:
        """Say that no condition may be left unmet: the conditional fails then.

        Args:
            message: what it fails with.

        Returns:
            As ``then``.

        Raises:
            InvalidWorkflow: this is no ``else_``.
        """
        return self._section._fail(self, message)

    def __str__(self) -> str:
        return f"{self._word}({self.condition if self.condition is not None else ''})"


def conditional(name: str) -> ConditionalSection:
    """Have a workflow take one of several ways, by values that are known only when it runs.

    ::

        size = conditional("size").if_(count > 100).then(large(n=count)).else_().then(small(n=count))

    The way that is taken runs; the others are skipped. What all ways return in common, by name and type, is returned.
    Conditionals can be nested: inside of ``then``.

    Args:
        name: what consoles call it.

    Returns:
        What goes on with ``if_``. It has to end with ``else_``.

    Raises:
        InvalidWorkflow: no workflow is being read.
    """
    caller = current_caller()
    if not isinstance(caller, Trace):
        raise InvalidWorkflow(f"conditional({name!r}) is for the body of a @workflow; anywhere else, use Python's if")
    return ConditionalSection(str(name), caller)


def _checked(condition: Any, where: str) -> Condition:
    if isinstance(condition, Promise):
        raise InvalidWorkflow(
            f"{where}({condition!r}): a value alone is no condition: compare it, or use .is_true(), .is_false() or "
            ".is_none()"
        )
    if not isinstance(condition, Condition):
        raise InvalidWorkflow(
            f"{where}({condition!r}): a condition compares promises (==, !=, <, <=, >, >=), and is joined with & and "
            "|; what is known while the workflow is read, decide with Python's if"
        )
    return condition


def _node_of(result: Any) -> Node | None:
    """Return the node whose outputs these are, None if they are none, or not whole ones."""
    match result:
        case Promise():
            return None if result._reference.path else result._reference.node
        case Outputs() | Node():
            return result._node_for("then")
        case _:
            return None


def _outputs_of(result: Any) -> dict[str, Any]:
    promises = (result,) if isinstance(result, Promise) else result if isinstance(result, Outputs) else ()
    return {promise._reference.output: promise._type for promise in promises}
