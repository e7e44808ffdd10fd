from livedeck import Deck, dynamic, task, workflow


@task
def count_words(text: str) -> int:
    return len(text.split())


@task
def largest(counts: dict[str, int]) -> str:
    return max(counts, key=lambda name: counts[name])


@dynamic(enable_deck=True)
def longest(texts: dict[str, str]) -> str:
    Deck("Plan").text(f"{len(texts)} texts to count")
    counts = {name: count_words(text=text) for name, text in texts.items() if text}
    return largest(counts=counts)


@task
def read_texts(number: int) -> dict[str, str]:
    return {f"text-{index}": "word " * (index % 3) for index in range(number)}


@workflow
def find_longest(number: int = 4) -> str:
    return longest(texts=read_texts(number=number))
