"""The words for a task that did not run because its outputs were cached, the same for local and remote runs."""


def cached_text(execution: str = "") -> str:
    """Return whose outputs they are.

    Args:
        execution: name of the execution that the outputs were made in; empty if that is not known.
    """
    return f"its outputs are those of {execution or 'an earlier run'}"
