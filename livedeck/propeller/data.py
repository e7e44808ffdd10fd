"""The literals of one execution: put together from bindings, kept in the store as Flyte keeps them."""

from collections.abc import Awaitable, Callable, Iterable, Mapping

from flyteidl.core.literals_pb2 import Binding, Literal, LiteralMap
from google.protobuf.message import DecodeError

from livedeck.errors import InvalidWorkflow, ObjectNotFound, UnreadableObject
from livedeck.literals.order import apply_notes, notes_of
from livedeck.literals.parsing import parse_into
from livedeck.propeller.addresses import Addresses
from livedeck.propeller.bindings import resolve
from livedeck.propeller.events import Path
from livedeck.propeller.literal_cache import LiteralCache
from livedeck.propeller.plan import START
from livedeck.propeller.retry import retry
from livedeck.propeller.settings import PropellerSettings
from livedeck.propeller.state import ScopeState, plan_at, scope_at
from livedeck.propeller.store_access import load, save


class Data:
    """Inputs and outputs of the nodes of one execution.

    Args:
        addresses: where things lie.
        inputs: the workflow's own inputs.
        root: gives the execution's nodes as they stand now.
        settings: memory, and pauses between repeated calls.
    """

    def __init__(
        self, addresses: Addresses, inputs: LiteralMap, root: Callable[[], ScopeState], settings: PropellerSettings
    ) -> None:
        self._addresses = addresses
        self._inputs = inputs
        self._root = root
        self._settings = settings
        self._cached = LiteralCache(settings.keep_literals)
        self.outputs_uris: dict[Path, str] = {}
        """Where the outputs of each node that has succeeded lie."""

    async def prepare(self, path: Path) -> LiteralMap:
        """Put a node's inputs together and store them.

        Raises:
            InvalidWorkflow: a binding stands for something that is not there.
        """
        bindings = plan_at(self._root(), path).node.inputs
        literals = await self._bound(bindings, path[:-1], plan_at(self._root(), path).node.id)
        await self._store(self._addresses.inputs_uri(self._name(path)), literals)
        return literals

    async def gather(self, end: Path) -> str:
        """Put together and store the outputs of the scope that an end node closes; return their URI.

        Raises:
            InvalidWorkflow: a binding stands for something that is not there.
        """
        scope_path = end[:-1]
        bindings = scope_at(self._root(), scope_path).plan.template.outputs
        literals = await self._bound(bindings, scope_path, "")
        uri = self.scope_outputs_uri(scope_path)
        await self._store(uri, literals)
        self.outputs_uris[scope_path] = uri
        return uri

    def scope_outputs_uri(self, path: Path) -> str:
        """Where a scope's outputs go: to the node that holds it; the root's to where Flyte's end node puts them."""
        return self._addresses.outputs_uri(self._name(path)) if path else self._addresses.workflow_outputs_uri()

    async def inputs(self, path: Path) -> LiteralMap:
        """A node's inputs, once they were prepared; the workflow's for the empty path."""
        if not path:
            return self._inputs
        return await self.read(self._addresses.inputs_uri(self._name(path)))

    async def outputs(self, path: Path) -> LiteralMap:
        """A node's outputs, once it has succeeded."""
        return await self.read(self.outputs_uris[path])

    def keep(self, path: Path, uri: str, literals: LiteralMap, size: int) -> None:
        """Note a node's outputs, which lie at ``uri`` and are ``size`` bytes there."""
        self.outputs_uris[path] = uri
        self._cached.put(uri, literals, size)

    async def read(self, uri: str) -> LiteralMap:
        """Read literals that were stored before.

        Raises:
            InvalidWorkflow: they are gone, or are not what was stored.
        """
        kept = self._cached.get(uri)
        if kept is not None:
            return kept
        try:
            data = await retry("read", lambda: load(uri, self._settings), self._settings)
        except ObjectNotFound as error:
            raise InvalidWorkflow(f"{uri} was stored by this execution but is not there any more") from error
        except UnreadableObject as error:
            raise InvalidWorkflow(f"literals of this execution are not read: {error}") from error
        literals = LiteralMap()
        try:
            await parse_into(literals, data)
        except DecodeError as error:
            raise InvalidWorkflow(f"{uri} does not hold literals any more: {error}") from error
        self._cached.put(uri, literals, len(data))
        return literals

    async def _store(self, uri: str, literals: LiteralMap) -> None:
        data = literals.SerializeToString(deterministic=True)
        await retry("store", lambda: save(uri, data), self._settings)
        self._cached.put(uri, literals, len(data))

    async def _bound(self, bindings: Iterable[Binding], scope: Path, node_id: str) -> LiteralMap:
        lookup = self._lookup(scope)
        bound = LiteralMap(literals={each.var: await resolve(each.binding, lookup) for each in bindings})
        workflow = scope_at(self._root(), scope).plan.template
        if workflow.metadata.tags:  # few have any
            notes = notes_of(workflow)
            for variable, literal in bound.literals.items():
                apply_notes(literal, notes.get(f"{node_id}.{variable}", ()))
        return bound

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


def _aliased(literals: Mapping[str, Literal], names: Mapping[str, str]) -> Mapping[str, Literal]:
    return {**literals, **{alias: literals[var] for alias, var in names.items() if var in literals}}
