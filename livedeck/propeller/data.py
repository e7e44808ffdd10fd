"""The literals of one execution: put together from bindings, kept in the store as Flyte keeps them."""

from collections.abc import Awaitable, Callable, Collection, Mapping

from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.message import DecodeError

from livedeck.errors import InvalidKey, InvalidWorkflow, ObjectNotFound, UnreadableObject
from livedeck.literals.offloading import name_of, stand_in
from livedeck.literals.order import apply_notes
from livedeck.literals.parsing import parse_into
from livedeck.literals.serializing import copy, serialize, serialize_one
from livedeck.propeller.addresses import Addresses
from livedeck.propeller.bindings import resolve
from livedeck.propeller.error_inputs import error_literal
from livedeck.propeller.literal_cache import LiteralCache
from livedeck.propeller.observations import Observations
from livedeck.propeller.plan import END, START, FailureNodePlan, Path
from livedeck.propeller.retry import retry
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.state import ScopeState, node_at, plan_at, scope_at
from livedeck.propeller.store_access import load, save
from livedeck.store import join_uri, split_uri


class Data:
    """Inputs and outputs of the nodes of one execution.

    Args:
        addresses: where things lie.
        inputs: the workflow's own inputs.
        observations: where it is noted at which URI the outputs of nodes lie.
        root: gives the execution's nodes as they stand now.
        settings: memory, and pauses between repeated calls.
    """

    def __init__(
        self,
        addresses: Addresses,
        inputs: LiteralMap,
        observations: Observations,
        root: Callable[[], ScopeState],
        settings: PropellerSettings,
    ) -> None:
        self._addresses = addresses
        self._observations = observations
        self._inputs = inputs
        self._root = root
        self._settings = settings
        self._cached = LiteralCache(settings.keep_literals)

    async def bound(self, path: Path, *, scope: Path | None = None) -> LiteralMap:
        """Put together what a node binds.

        Args:
            path: the node.
            scope: the scope among whose nodes it is looked up, whose workflow notes the order of dicts; by default
                the node's own.

        Raises:
            InvalidWorkflow: a binding stands for something that is not there.
        """
        scope = path[:-1] if scope is None else scope
        around = scope_at(self._root(), scope).plan
        node = plan_at(self._root(), path).node
        lookup = self._lookup(scope)
        bound = await copy({each.var: await resolve(each.binding, lookup, self.loaded) for each in node.inputs})
        if around.order_notes:  # few workflows have any
            owner = "" if node.id == END else node.id  # the workflow's outputs are noted without a node
            for variable, literal in bound.literals.items():
                apply_notes(literal, around.order_notes.get(f"{owner}.{variable}", ()))
        if around.failure_node is not None and path[-1] == around.required:
            self._add_error(bound, path, around.failure_node)
        return bound

    def _add_error(self, bound: LiteralMap, path: Path, plan: FailureNodePlan) -> None:
        """Tell a failure node what its scope has failed by."""
        failure = scope_at(self._root(), path[:-1]).failure
        assert failure is not None
        node = plan_at(self._root(), path)
        for variable, input_type in plan.error_inputs.items():
            error = error_literal(input_type, message=failure.message, failure_node=node.id)
            bound.literals[variable].CopyFrom(error)

    async def store_inputs(self, path: Path, inputs: LiteralMap) -> None:
        """Store a node's inputs."""
        await self._store(self._addresses.inputs_uri(self._name(path)), inputs)

    async def store_outputs(self, path: Path, outputs: LiteralMap) -> None:
        """Store the outputs of a node that were not made by an attempt; the execution's for the empty path."""
        uri = self._outputs_uri(path)
        await self._store(uri, outputs)
        self._observations.outputs[path] = uri

    async def offloaded(self, path: Path, variable: str, literal: Literal, kind: LiteralType) -> Literal:
        """Store an output that was not made by an attempt by itself; return the literal that stands for it.

        Args:
            path: the node.
            variable: what the output is called.
            literal: the output.
            kind: its type.
        """
        uri = join_uri(split_uri(self._outputs_uri(path))[0], name_of(variable))
        content = await serialize_one(literal)
        await retry("store", lambda: save(uri, content), self._settings)
        self._cached.put(uri, LiteralMap(literals={_OFFLOADED: literal}), len(content))
        return stand_in(literal, content, uri, kind)

    def _outputs_uri(self, path: Path) -> str:
        """Return where outputs go: under the attempt that the node holds; the execution's to Flyte's end node."""
        if not path:
            return self._addresses.workflow_outputs_uri()
        inner = node_at(self._root(), path).scope
        return self._addresses.outputs_uri(self._name(path), inner.retry_group if inner else 0)

    async def inputs(self, path: Path) -> LiteralMap:
        """A node's inputs, once they were prepared; the workflow's for the empty path."""
        if not path:
            return self._inputs
        inputs = await self.read(self._addresses.inputs_uri(self._name(path)))
        items = scope_at(self._root(), path[:-1]).plan.items
        if items is None or items.are_nodes:
            return inputs
        return items.inputs_of(path[-1], await self.all_loaded(inputs, leave=items.bound))

    async def all_loaded(self, inputs: LiteralMap, *, leave: Collection[str] = ()) -> LiteralMap:
        """Return a node's inputs with those fetched that are offloaded, as what is large is.

        Args:
            inputs: the inputs.
            leave: those that nobody looks into, such as what the items of an array node are given whole.

        Raises:
            InvalidWorkflow: what is offloaded is not there, or is no literal.
        """
        if not any(each.HasField("offloaded_metadata") for each in inputs.literals.values()):
            return inputs
        return LiteralMap(
            literals={
                name: literal if name in leave else await self.loaded(literal)
                for name, literal in inputs.literals.items()
            }
        )

    async def loaded(self, literal: Literal) -> Literal:
        """Return a literal itself, fetched if it is offloaded: a task has stored it beside its outputs, as it is large.

        Raises:
            InvalidWorkflow: it is not there, or is no literal.
        """
        if not literal.HasField("offloaded_metadata"):
            return literal
        uri = literal.offloaded_metadata.uri
        kept = self._cached.get(uri)
        if kept is None:
            kept = LiteralMap()
            data = await self._read(uri)
            try:
                await parse_into(kept.literals[_OFFLOADED], data)
            except DecodeError as error:
                raise InvalidWorkflow(f"{uri} does not hold a literal: {error}") from error
            self._cached.put(uri, kept, len(data))
        return kept.literals[_OFFLOADED]

    async def outputs(self, path: Path) -> LiteralMap:
        """A node's outputs, once it has succeeded."""
        return await self.read(self._observations.outputs[path])

    def keep(self, path: Path, uri: str, literals: LiteralMap, size: int) -> None:
        """Note a node's outputs, which lie at ``uri`` and are ``size`` bytes there."""
        self._observations.outputs[path] = uri
        self._cached.put(uri, literals, size)

    async def read(self, uri: str) -> LiteralMap:
        """Read literals that were stored before.

        Raises:
            InvalidWorkflow: they are gone, or are not what was stored.
        """
        kept = self._cached.get(uri)
        if kept is not None:
            return kept
        data = await self._read(uri)
        literals = LiteralMap()
        try:
            await parse_into(literals, data)
        except DecodeError as error:
            raise InvalidWorkflow(f"{uri} does not hold literals any more: {error}") from error
        self._cached.put(uri, literals, len(data))
        return literals

    async def _read(self, uri: str) -> bytes:
        try:
            return await retry("read", lambda: load(uri, self._settings), self._settings)
        except (ObjectNotFound, InvalidKey) as error:
            raise InvalidWorkflow(f"{uri} was stored by this execution but is not there any more") from error
        except UnreadableObject as error:
            raise InvalidWorkflow(f"literals of this execution are not read: {error}") from error

    async def _store(self, uri: str, literals: LiteralMap) -> None:
        data = await serialize(literals)
        await retry("store", lambda: save(uri, data), self._settings)
        self._cached.put(uri, literals, len(data))

    def _lookup(self, scope: Path) -> Callable[[str], Awaitable[Mapping[str, Literal]]]:
        index = scope_at(self._root(), scope).plan.index

        async def lookup(node: str) -> Mapping[str, Literal]:
            if node == START:
                return (await self.inputs(scope)).literals
            path = (*scope, index[node])
            literals = (await self.outputs(path)).literals
            aliases = plan_at(self._root(), path).node.output_aliases
            return literals if not aliases else _aliased(literals, {each.alias: each.var for each in aliases})

        return lookup

    def _name(self, path: Path) -> str:
        return self._addresses.node(self._root(), path)


_OFFLOADED = "literal"
"""Name of an offloaded literal among those kept in memory, which are maps."""


def _aliased(literals: Mapping[str, Literal], names: Mapping[str, str]) -> Mapping[str, Literal]:
    return {**literals, **{alias: literals[var] for alias, var in names.items() if var in literals}}
