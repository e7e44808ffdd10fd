"""Lists and dicts inside each other, optional values, unions, and values of annotated types."""

from typing import Annotated, Dict, List, Optional, Union

from flytekit import task, workflow


@task
def transposed(rows: List[List[int]]) -> List[List[int]]:
    return [list(column) for column in zip(*rows)]


@task
def grouped(words: List[str]) -> Dict[str, List[str]]:
    found: Dict[str, List[str]] = {}
    for word in words:
        found.setdefault(word[0], []).append(word)
    return found


@task
def either(value: Union[int, str]) -> Union[int, str]:
    return str(value) if isinstance(value, int) else len(value)


@task
def known(values: Dict[str, Optional[float]]) -> List[str]:
    return sorted(name for name, value in values.items() if value is not None)


@task
def described(value: Annotated[int, "a number of things"] = 3) -> Annotated[str, "words"]:
    return f"{value} things"


@task
def later(value: int | None = None) -> int | str | None:
    return None if value is None else value if value > 3 else "few"


@workflow
def containers(rows: List[List[int]], words: List[str]) -> tuple[List[List[int]], Dict[str, List[str]], List[str]]:
    return transposed(rows=rows), grouped(words=words), known(values={"a": 1.5, "b": None, "c": 0.0})


@workflow
def unions(number: int, text: str) -> tuple[Union[int, str], Union[int, str], str, int | str | None, int | str | None]:
    return either(value=number), either(value=text), described(), later(), later(value=2)


RUNS = [
    (containers, {"rows": [[1, 2], [3, 4], [5, 6]], "words": ["ant", "bee", "ape"]}),
    (unions, {"number": 5, "text": "seven"}),
]
