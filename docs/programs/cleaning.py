from livedeck import FlyteError, task, workflow


@task
def fit(cluster: str) -> float:
    raise ValueError(f"{cluster} has too little memory")


@task
def release(cluster: str, err: FlyteError | None = None) -> None:
    print(cluster, "is given back:", err.message.splitlines()[-1] if err else "")


@workflow(on_failure=release)
def train(cluster: str) -> float:
    return fit(cluster=cluster)
