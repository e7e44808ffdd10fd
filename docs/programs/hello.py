from livedeck import task, workflow


@task
def greet(name: str) -> str:
    return f"Hello, {name}!"


@task
def count(text: str) -> int:
    return len(text)


@workflow
def hello(name: str = "world") -> tuple[str, int]:
    """Greet somebody, and count the letters.

    Args:
        name: whom to greet
    """
    text = greet(name=name)
    return text, count(text=text)
