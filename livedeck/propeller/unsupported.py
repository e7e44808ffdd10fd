"""Kinds of nodes that this engine cannot run yet. An execution with one of them fails at once, and says so."""

from collections.abc import Mapping

UNSUPPORTED: Mapping[str, str] = {
    "launchplan_ref": "starts a launch plan, and child executions cannot be run yet; use the workflow itself",
}
"""From the field of ``flyteidl.core.Node`` (or ``WorkflowNode``) that holds the target, to the reason."""
