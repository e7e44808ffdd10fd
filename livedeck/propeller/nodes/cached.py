"""Sub-workflows and launch plans whose outputs are cached as their node says: it wraps the kinds that run them.

As in Flyte it is the node's to say (``with_overrides(cache=True, cache_version=...)``): neither has a cache of its own.
They are the same as before if they have the same name, interface, cache version and inputs, those that the launch plan
fixes among them.
"""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, Self

from flyteidl.core.catalog_pb2 import CatalogCacheStatus, CatalogMetadata
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.workflow_pb2 import Node
from flyteidl.event.event_pb2 import NodeExecutionEvent, TaskNodeMetadata

from livedeck.propeller import cached_outputs
from livedeck.propeller.commands import NodeCommand, Prepare, ReleaseOutputs, ReportNode, ReserveOutputs
from livedeck.propeller.compiled_closure import Planner
from livedeck.propeller.event_writer import ReportContext
from livedeck.propeller.events import CacheHit, CacheMissed, NodeEvent, OutputsAwaited, Prepared
from livedeck.propeller.node_handler import NodeHandler, WrapsKind
from livedeck.propeller.phases import NodePhase
from livedeck.propeller.plan import Path, TaskPlan
from livedeck.propeller.shell import Shell
from livedeck.propeller.transition import Transition


@dataclass(frozen=True, slots=True)
class CachedHandler(WrapsKind):
    """Looks the outputs up before anything runs, and has them kept; all else is the wrapped kind's doing."""

    inner: NodeHandler
    task: TaskPlan
    """What is cached, described as a task is."""
    fixed: LiteralMap
    """Inputs that the launch plan fixes."""

    @classmethod
    def matches(cls, node: Node) -> bool:
        return node.HasField("workflow_node") and node.metadata.cacheable

    @classmethod
    def plan(cls, node: Node, planner: Planner) -> Self:
        target, metadata, fixed = node.workflow_node, node.metadata, LiteralMap()
        what = target.sub_workflow_ref
        if target.HasField("launchplan_ref"):
            what, fixed = target.launchplan_ref, planner.launch_plan(target.launchplan_ref).fixed_inputs
        task = TaskPlan(
            template=TaskTemplate(id=what, interface=planner.interface(node)),
            cacheable=True,
            cache_version=metadata.cache_version,
            serial=metadata.cache_serializable,
        )
        return cls(planner.handler(node, after=cls), task, fixed)

    def handle(self, transition: Transition, path: Path, event: NodeEvent) -> None:
        if not isinstance(event, CacheHit | CacheMissed | OutputsAwaited):
            if isinstance(event, Prepared):
                transition.idle(path, waits=False)
            self.inner.handle(transition, path, event)
            self._give_up(transition, path)
        elif transition.node(path).waits:
            if isinstance(event, CacheHit):
                transition.succeed(path, cached=True)
            elif isinstance(event, CacheMissed):
                transition.ask(ReserveOutputs(path))
            else:
                transition.idle(path, waits=True)

    def resume(self, transition: Transition, path: Path) -> None:
        self.inner.resume(transition, path)
        self._give_up(transition, path)

    def stop(self, transition: Transition, path: Path) -> None:
        self.inner.stop(transition, path)
        self._give_up(transition, path)

    def scope_over(self, transition: Transition, path: Path, *, succeeded: bool) -> None:
        self.inner.scope_over(transition, path, succeeded=succeeded)
        self._give_up(transition, path)

    def _give_up(self, transition: Transition, path: Path) -> None:
        """Let others compute what the node has reserved, if it is over and has not made it."""
        if self.task.serial and transition.node(path).phase in (NodePhase.FAILED, NodePhase.ABORTED):
            transition.ask(ReleaseOutputs(path))

    def carry_out(self, shell: Shell, command: NodeCommand) -> Coroutine[Any, Any, None]:
        match command:
            case Prepare(path):
                return self._prepare(shell, path)
            case ReserveOutputs(path):
                return cached_outputs.reserve(self.task, shell, path, self.fixed.literals)
            case ReleaseOutputs(path):
                return cached_outputs.release(self.task, shell, path)
            case _:
                return self.inner.carry_out(shell, command)

    async def _prepare(self, shell: Shell, path: Path) -> None:
        async def look_up(inputs: LiteralMap) -> NodeEvent:
            return await cached_outputs.look_up(self.task, shell, path, {**inputs.literals, **self.fixed.literals})

        await shell.prepare(path, look_up)

    async def outputs_stored(self, shell: Shell, path: Path) -> None:
        await self.inner.outputs_stored(shell, path)
        await cached_outputs.keep(self.task, shell, path, 0, self.fixed.literals)

    def describe_node(self, event: NodeExecutionEvent, report: ReportNode, context: ReportContext) -> None:
        self.inner.describe_node(event, report, context)
        if not report.cached:  # what a node that was run has started is told in the same place
            return
        dataset = Identifier()
        dataset.CopyFrom(self.task.template.id)
        dataset.resource_type, dataset.version = ResourceType.DATASET, self.task.cache_version
        source = context.observations.cached_from.get(report.path)
        reserved = context.observations.reservation_status.get(report.path)
        told = TaskNodeMetadata(cache_status=CatalogCacheStatus.CACHE_HIT, reservation_status=reserved)
        told.catalog_key.CopyFrom(CatalogMetadata(dataset_id=dataset, source_task_execution=source))
        event.task_node_metadata.CopyFrom(told)
