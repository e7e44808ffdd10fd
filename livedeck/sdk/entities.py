"""What can be registered and run: a workflow, or a task by itself."""

from typing import Any

from livedeck.sdk.tasks import Task
from livedeck.sdk.workflows import Workflow

Entity = Task[..., Any] | Workflow[..., Any]
