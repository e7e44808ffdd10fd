import time

from livedeck import RecoverableError, WorkflowFailurePolicy, current_context, task, workflow


# --8<-- [start:retries]
@task(retries=2)
def fetch(good_attempt: int = 3) -> str:
    attempt = current_context().attempt
    if attempt < good_attempt:
        raise RecoverableError(f"no answer in attempt {attempt}")
    return f"fetched in attempt {attempt}"


# --8<-- [end:retries]


@task
def divide(a: float, b: float) -> float:
    return a / b


@task(timeout=0.5)
def wait(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


# --8<-- [start:policy]
@workflow(failure_policy=WorkflowFailurePolicy.FAIL_AFTER_EXECUTABLE_NODES_COMPLETE)
def both(b: float = 0.0) -> str:
    divide(a=1.0, b=b)
    return fetch(good_attempt=2)


# --8<-- [end:policy]
