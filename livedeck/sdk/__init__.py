"""What a workflow's author writes with. The order of its modules is a contract in ``pyproject.toml``.

A task or workflow is called by way of the lowest of them, and run by the highest, which needs all others: this package
hands the one to the other, when something is called for the first time.
"""

from livedeck.sdk.entities import Caller, set_default_caller


def _local() -> Caller:
    from livedeck.sdk.local.calls import LocalCaller

    return LocalCaller()


set_default_caller(_local)
