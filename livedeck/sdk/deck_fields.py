"""The tabs that livedeck adds to a Deck when its task ends: inputs, outputs, source, timeline, packages.

They come last, so that what the task itself shows stays in front. Whatever goes wrong in making one is shown on it.
"""

import reprlib
import sys
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Annotated, Any

from livedeck.deck import renderers
from livedeck.deck.page import Deck, Page
from livedeck.sdk.options import DeckField
from livedeck.sdk.shown_values import show_below, stands_below
from livedeck.sdk.tasks import Task
from livedeck.sdk.timeline import Timeline
from livedeck.sdk.types import type_name

_PLAIN = (bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, type(None))
_MOST = 4000
"""Characters of one value that are shown."""

_shortener = reprlib.Repr()
_shortener.maxdict = _shortener.maxlist = _shortener.maxtuple = _shortener.maxset = _shortener.maxfrozenset = 200
_shortener.maxstring = _shortener.maxother = _MOST
_shortener.maxlong = 100


@dataclass(frozen=True)
class AttemptSummary:
    """What is known of an attempt when it ends."""

    task: Task[..., Any]
    inputs: Mapping[str, Any] | None
    """None if they could not be read."""
    outputs: Mapping[str, Any] | None
    """None if there are none, because the task failed."""
    timeline: Timeline


def add_tabs(page: Page, summary: AttemptSummary) -> None:
    """Add the tabs that the task's options ask for. Never raises."""
    for field in summary.task.options.deck_fields:
        try:
            html = _MAKERS[field](summary)
        except Exception as error:  # noqa: BLE001 - a tab that cannot be made says why; the task is not concerned
            html = renderers.render_error(error, f"{field.value} could not be shown")
        if html is not None:
            page.deck(field.value).replace(html)
            _add_values(page.deck(field.value), _VALUES.get(field, _no_values)(summary))


def _add_values(deck: Deck, values: Mapping[str, Any]) -> None:
    """Show what is more than a line in a table below that; see `livedeck.sdk.shown_values`."""
    for name, value in values.items():
        try:
            show_below(deck, name, value)
        except Exception as error:  # noqa: BLE001 - as above, for this value alone
            deck.append(renderers.render_error(error, f"{name} could not be shown"))


def _no_values(summary: AttemptSummary) -> Mapping[str, Any]:  # noqa: ARG001 - one signature for all
    return {}


def _rich(values: Mapping[str, Any] | None, types: Mapping[str, Any]) -> Mapping[str, Any]:
    """Those of the values that have no renderer of their own, and are more than a line."""
    named = (values or {}).items()
    return {name: value for name, value in named if _renderer(types[name]) is None and stands_below(value)}


def _rich_inputs(summary: AttemptSummary) -> Mapping[str, Any]:
    return _rich(summary.inputs, {name: each.type for name, each in summary.task.interface.inputs.items()})


def _rich_outputs(summary: AttemptSummary) -> Mapping[str, Any]:
    return _rich(summary.outputs, summary.task.interface.outputs)


def _inputs(summary: AttemptSummary) -> str | None:
    parameters = summary.task.interface.inputs
    return _table(summary.inputs, {name: each.type for name, each in parameters.items()})


def _outputs(summary: AttemptSummary) -> str | None:
    return _table(summary.outputs, summary.task.interface.outputs)


def _table(values: Mapping[str, Any] | None, kinds: Mapping[str, Any]) -> str | None:
    """Return a table of names, types and values, None if there is nothing to show."""
    if not values:
        return None
    rows = (
        f"<tr><td>{escape(name)}</td><td><code>{escape(type_name(kinds[name]))}</code></td>"
        f"<td>{_shown(value, kinds[name])}</td></tr>"
        for name, value in values.items()
    )
    return f"<table><tr><th>name</th><th>type</th><th>value</th></tr>{''.join(rows)}</table>"


def _shown(value: Any, python_type: Any) -> str:
    try:
        return show(value, python_type)
    except Exception as error:  # noqa: BLE001 - as above, for this value alone
        return renderers.render_error(error, "the value could not be shown")


def show(value: Any, python_type: Any) -> str:
    """Return HTML for a value: by the renderer in its ``Annotated`` type if it has one, as in flytekit."""
    renderer = _renderer(python_type)
    if renderer is not None:
        return str(renderer.to_html(value))
    if isinstance(value, _PLAIN):
        text = _shortener.repr(value)
        return f"<code>{escape(text if len(text) <= _MOST else f'{text[:_MOST]}...')}</code>"
    if stands_below(value):
        return f"<code>{escape(type(value).__name__)}</code>, below"
    return renderers.to_html(value)


def _renderer(python_type: Any) -> Any:
    """What has ``to_html`` in an ``Annotated`` type; None: there is nothing."""
    if typing.get_origin(python_type) is not Annotated:
        return None
    return next((each for each in typing.get_args(python_type)[1:] if hasattr(each, "to_html")), None)


def _source(summary: AttemptSummary) -> str | None:
    return f"<pre><code>{escape(summary.task.source)}</code></pre>"


def _timeline(summary: AttemptSummary) -> str | None:
    return summary.timeline.to_html()


def _dependencies(summary: AttemptSummary) -> str | None:  # noqa: ARG001 - one signature for all
    rows = "".join(f"<tr><td>{escape(name)}</td><td>{escape(version)}</td></tr>" for name, version in installed())
    return f"<p>Python {sys.version.split()[0]}</p><table><tr><th>package</th><th>version</th></tr>{rows}</table>"


def installed() -> list[tuple[str, str]]:
    """Return name and version of every installed package, by name.

    Read from the names of the folders that describe them: opening hundreds of files would take longer than many a
    task.
    """
    found: dict[str, str] = {}
    for folder in sys.path:
        if Path(folder).is_dir():
            for entry in Path(folder).glob("*.dist-info"):
                name, _, version = entry.name.removesuffix(".dist-info").partition("-")
                found.setdefault(name.replace("_", "-"), version)
    return sorted(found.items(), key=lambda item: item[0].lower())


_MAKERS: Mapping[DeckField, Callable[[AttemptSummary], str | None]] = {
    DeckField.INPUT: _inputs,
    DeckField.OUTPUT: _outputs,
    DeckField.SOURCE_CODE: _source,
    DeckField.TIMELINE: _timeline,
    DeckField.DEPENDENCIES: _dependencies,
}
_VALUES: Mapping[DeckField, Callable[[AttemptSummary], Mapping[str, Any]]] = {
    DeckField.INPUT: _rich_inputs,
    DeckField.OUTPUT: _rich_outputs,
}
"""What is shown below a tab's own HTML."""
