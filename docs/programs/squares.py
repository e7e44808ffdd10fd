from livedeck import Cache, task, workflow


@task(cache=True)
def square(n: int) -> int:
    print("computing")
    return n * n


@task(cache=Cache(version="2", ignored_inputs=("verbose",)))
def cube(n: int, verbose: bool = False) -> int:
    if verbose:
        print("computing, and saying so")
    return n * n * n


@workflow
def squares(n: int = 3, verbose: bool = False) -> tuple[int, int]:
    return square(n=n), cube(n=n, verbose=verbose)
