"""A workflow that waits for somebody's approval."""

from datetime import timedelta

from livedeck import approve, task, workflow


@task
def draft() -> int:
    """Make something to approve."""
    return 7


@workflow
def waits() -> int:
    """Have it approved."""
    approved: int = approve(draft(), "fine", timeout=timedelta(hours=1))
    return approved
