"""How the elements of a tab stand on the page: which in which, and what stands beside what.

``console/src/document/arrangement.ts`` is its twin; both run the cases in ``tests/fixtures/arrangement_cases.json``.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from livedeck.deck.kinds import BaseElement

MOST_DEPTH: Final = 8
"""How deep elements are shown in each other."""
MANY: Final = 7
"""From how many neighbours on they are grouped by the prefixes of their names."""
_DIGITS: Final = re.compile(r"[0-9]+")
_MOST_DIGITS: Final = 15

E = TypeVar("E", bound=BaseElement)


@dataclass(frozen=True)
class Placed(Generic[E]):
    """An element, and those that stand in it."""

    element: E
    children: "tuple[Placed[E], ...]" = ()


@dataclass(frozen=True)
class Run(Generic[E]):
    """Neighbours that stand in one box, or one element by itself."""

    group: str
    """CSS class of the box; empty: there is none."""
    placed: "list[Placed[E]]" = field(default_factory=list)
    key: str = ""
    """Of a group that was found by the names of what is in it: what it is told apart from others by."""
    title: str = ""
    """Of such a group."""


def arranged(elements: Iterable[E]) -> tuple[Placed[E], ...]:
    """The elements that stand in no other, each with what stands in it.

    An element stands in the first that names it. None stands in itself, however indirectly, nor deeper than is shown.
    """
    held = {element.id: element for element in elements}
    above = _claims(held)
    return tuple(_placed(held, above, element) for id_, element in held.items() if id_ not in above)


def _claims(held: Mapping[str, E]) -> dict[str, str]:
    """What each element stands in that stands in another, by their ids."""
    above: dict[str, str] = {}
    height: dict[str, int] = {}
    for holder, element in held.items():
        for child in element.inside():
            if child not in held or child in above:
                continue
            line = _line(above, holder)
            if child in line or len(line) + 1 + height.get(child, 0) > MOST_DEPTH:
                continue
            above[child] = holder
            for steps, each in enumerate(line, 1):
                height[each] = max(height.get(each, 0), height.get(child, 0) + steps)
    return above


def _line(above: Mapping[str, str], id_: str) -> list[str]:
    """An element and those that it stands in, the innermost first."""
    line = [id_]
    while line[-1] in above:
        line.append(above[line[-1]])
    return line


def _placed(held: Mapping[str, E], above: Mapping[str, str], element: E) -> Placed[E]:
    names = dict.fromkeys(element.inside())
    inside = (held[id_] for id_ in names if above.get(id_) == element.id)
    return Placed(element, tuple(_placed(held, above, each) for each in inside))


def runs(placed: Iterable[Placed[E]], holder: BaseElement | None = None) -> Iterator[Run[E]]:
    """What stands next to each other in an element, or on the tab, in the boxes in which it stands."""
    apart = holder is not None and holder.cells
    run: Run[E] | None = None
    for each in placed:
        group = "" if apart else group_of(each)
        if run is not None and group and run.group == group:
            run.placed.append(each)
            continue
        if run is not None:
            yield from found(run)
        run = Run(group, [each])
    if run is not None:
        yield from found(run)


def group_of(placed: Placed[Any]) -> str:
    """The CSS class of the box that an element shares with its neighbours; of what is transparent, of what is in it."""
    while placed.element.transparent and placed.children:
        placed = placed.children[0]
    return str(placed.element.traits.group)


def found(run: Run[E]) -> list[Run[E]]:
    """A run of very many as groups by the prefixes of their names, where there are at least two; else as it is."""
    if len(run.placed) < MANY:
        return [run]
    groups: dict[str, tuple[list[Placed[E]], list[str]]] = {}
    for placed in run.placed:
        prefix = prefix_of(name_of(placed))
        members, prefixes = groups.setdefault(_DIGITS.sub("#", prefix), ([], []))
        members.append(placed)
        prefixes.append(prefix)
    if len(groups) < 2:
        (key,) = groups
        if len(set(groups[key][1])) < 2:
            return [run]
    return [Run(run.group, members, key, range_of(prefixes)) for key, (members, prefixes) in groups.items()]


def name_of(placed: Placed[Any]) -> str:
    """What an element is called, if neighbours of its kind are grouped by that."""
    while placed.element.transparent and placed.children:
        placed = placed.children[0]
    named = placed.element.traits.named
    return str(getattr(placed.element, named)) if named else ""


def prefix_of(name: str) -> str:
    """What a name begins with, up to the first slash; empty if there is nothing before or behind one."""
    prefix, _, rest = name.partition("/")
    return prefix.strip() if rest else ""


def range_of(prefixes: Sequence[str]) -> str:
    """A title for prefixes that differ by their numbers only: the first and the last of them."""
    ordered = sorted(set(prefixes), key=_numbers)
    return ordered[0] if len(ordered) == 1 else f"{ordered[0]} \u2013 {ordered[-1]}"


def _numbers(prefix: str) -> list[tuple[float, str]]:
    return [(float(digits[:_MOST_DIGITS]), digits) for digits in _DIGITS.findall(prefix)]
