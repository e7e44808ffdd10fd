"""The Ray executor keeps the contract, on a real cluster."""

from livedeck.testing.executor_contract import ExecutorContract


class TestRayExecutor(ExecutorContract):
    """The suite."""
