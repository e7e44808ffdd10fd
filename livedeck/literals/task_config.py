"""Keys of a task template's ``config`` that say what Flyte has no field for."""

EXECUTOR = "livedeck.executor"
"""The name of the executor that is to run the task's attempts."""
