"""Texts that try to be run, in every text of every kind of element: none is, and none fetches or reaches anything.

What tries is first shown to do so, in a page that does not defend itself.
"""

import copy
import html
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Frame, Page, expect

from livedeck.deck import segments, snapshot
from livedeck.deck.ops import KINDS, Document, Element, End, Extend, Op, Put, Segment, Tab, Value
from livedeck.deck.page import Page as DeckPage
from livedeck.deck.segments import clean_text
from livedeck.errors import DeckError
from livedeck.store import open_store
from livedeck.store.layout import segment_key
from tests.acceptance.listener import Listener
from tests.acceptance.payloads import ADDRESSES, ATTRIBUTES, ENDS, SCRIPTS, TAGS, payloads
from tests.acceptance.puppet import TIMEOUT

pytestmark = pytest.mark.acceptance
every_kind = pytest.mark.parametrize("kind", KINDS)
SCRIPTED = frozenset({"html"})
"""Kinds whose scripts are to run: in their own frame, and nowhere else."""
EARLY = "gotOut is not defined"
"""What is said where a frame has run its script before the browser has put the function there: it has run there."""
PLAIN = "plain"
ON_A_TAB = 36
"""Words on one tab."""


class Watch:
    """Hears of everything that is run, fetched or opened by a page that is not meant to.

    Args:
        page: the page.
        listener: whom nothing may reach.
        expected_errors: those that may happen in the page.
    """

    def __init__(self, page: Page, listener: Listener, expected_errors: set[str]) -> None:
        context = page.context
        self.expected_errors = expected_errors
        self.page = page
        self.listener = listener
        self.ran: list[Frame] = []
        self.dialogs: list[str] = []
        context.expose_binding("gotOut", lambda source, *_: self.ran.append(source["frame"]))
        context.on("dialog", lambda dialog: self.dialogs.append(dialog.message))

    def expect_scripts(self, kind: str) -> None:
        """Let the scripts of such an element run, in frames that they belong into: before anybody listens, too."""
        if kind in SCRIPTED:
            self.expected_errors.add(EARLY)


@pytest.fixture
def watch(page: Page, listener: Listener, expected_errors: set[str]) -> Watch:
    """What hears of it."""
    return Watch(page, listener, expected_errors)


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where the texts of builtins are: in what, and at which index or key; the name of a key is told by its tuple."""
    inside: list[tuple[Any, Any]] = []
    if isinstance(value, list):
        inside = list(enumerate(value))
    elif isinstance(value, dict):
        inside = [(key, each) for key, each in value.items() if key != "kind"]
    for key, each in inside:
        if isinstance(each, str):
            yield value, key
        else:
            yield from places(each)
    if isinstance(value, dict):
        yield from ((value, (key,)) for key, _ in inside)


def with_payload(element: Element, payload: str) -> Element:
    """The element with the payload in the place of each text that may be any: of all that no reader refuses."""
    made = msgspec.to_builtins(element)
    used = 0
    for holder, key in list(places(made)):
        before = copy.copy(holder)
        for word in forms(f"{payload}{used or ''}", "" if isinstance(key, tuple) else holder[key]):
            _refill(holder, _changed(before, key, word))
            try:
                read = msgspec.convert(made, type(element))
                read.check()
            except (msgspec.ValidationError, DeckError):
                continue
            if repr(word) in repr(msgspec.to_builtins(read)):  # else it is of a field that nobody reads
                used += 1  # names of one thing have to differ
                break
        else:
            _refill(holder, before)
    return msgspec.convert(made, type(element))


def forms(word: str, before: str) -> Iterator[str]:
    """In what forms a word may stand where another text stood: as it is, or as JSON or lines as that was."""
    if before[:1] in {"{", "["}:
        yield json.dumps({word: [word]})
    yield word
    yield word.replace("\n", " ") + "\n" * before.count("\n")


def _changed(holder: Any, key: Any, word: str) -> Any:
    """Copy a list or dictionary with one text changed, or the name of one key."""
    if isinstance(key, tuple):
        return {word if name == key[0] else name: each for name, each in holder.items()}
    if isinstance(holder, dict):
        return {**holder, key: word}
    return [*holder[:key], word, *holder[key + 1 :]]


def _refill(holder: Any, content: Any) -> None:
    holder.clear()
    holder.update(content) if isinstance(holder, dict) else holder.extend(content)


def examples(kind: str) -> list[Element]:
    """What the kind's own example makes."""
    page = DeckPage()
    KINDS[kind].example(page.deck("d"))
    return [op.element for op in page.take().ops() if isinstance(op, Put | Extend)]


def tabs(kind: str, words: Sequence[str]) -> list[Tab]:
    """Tabs with elements that have the words wherever they have a text, their ids among them."""
    shown = []
    made = examples(kind)
    for first in range(0, len(words), ON_A_TAB):
        unique: dict[str, Element] = {}
        for number, word in enumerate(words[first : first + ON_A_TAB]):
            for index, example in enumerate(made):
                element = with_payload(example, clean_text(word))
                unique[element.id] = element
                other = msgspec.structs.replace(example, id=f"{number}-{index}")
                unique[other.id] = other
        shown.append(Tab(f"{clean_text(words[first])}{first}", list(unique.values())))
    return shown


def publish(folder: Path, shown: list[Tab]) -> None:
    """Write it as a task would."""
    store = open_store(folder.as_uri())
    ops: list[Op] = [Put(tab.name, element) for tab in shown for element in tab.elements]
    ops.append(End("succeeded", segments.now()))
    store.create(segment_key(1), segments.encode(Segment(1, segments.now(), ops)))


@pytest.fixture
def view(tmp_path: Path) -> Iterator[str]:
    """The address at which the folder's Deck is shown as in the console."""
    command = [sys.executable, "-m", "livedeck.cli", "view", str(tmp_path), "--no-browser", "--wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield next(word for word in process.stdout.readline().split() if word.startswith("http://"))
        process.terminate()


TABS = "[role=tab], .ld-contents-list button"
"""What leads to a tab: of very many there is a list."""
VISIT = """async (names) => {
  const tags = new Set();
  const known = new WeakMap();  // elements that were there before are visited again only where they have changed
  const visit = async () => {
    for (const each of document.querySelectorAll("*")) {
      const looks = Array.from(each.attributes, ({ name, value }) => `${name}=${value}`).join();
      if (known.get(each) === looks) continue;
      known.set(each, looks);
      for (const kind of ["mouseover", "focus", "animationstart", "toggle"]) each.dispatchEvent(new Event(kind));
      if (each.matches("a, button[formaction]") && !/^(https?|mailto|file):/.test(each.href ?? "")) each.click?.();
      tags.add(each.localName);
      for (const { name, value } of each.attributes) {
        if (name.startsWith("on")) tags.add(`${each.localName} ${name}`);
        if (["href", "src", "action", "formaction", "data", "xlink:href"].includes(name) && each.localName !== "use") {
          tags.add(`${each.localName} ${name}=${/^\\s*[a-z0-9.+-]*:/i.exec(value)?.[0] ?? ""}`);
        }
      }
    }
    await new Promise(requestAnimationFrame);
  };
  const tabs = () => [...document.querySelectorAll("[role=tab], .ld-contents-list button")];
  if (tabs().length === 0) await visit();
  for (let at = 0; at < tabs().length; at++) {
    tabs()[at].click();
    await new Promise(requestAnimationFrame);
    await visit();
  }
  return [...tags].sort();
}"""
"""Goes through all tabs, does what a viewer may do, and says what there was."""


def test_they_do_run_where_nothing_is_in_their_way(browser: Browser, tmp_path: Path) -> None:
    """In a page that writes them as they are, most do, each in a frame of its own."""
    ways_in = {
        "tags": (TAGS, "{}", 0.7),
        "ends": (ENDS, "<p>{}</p>", 0.7),
        "attributes": (ATTRIBUTES, "<p title={0[0]}{0}{0[0]}>x</p>", 0.5),
        "scripts": (SCRIPTS, "<script>x = {0[0]}{0}{0[0]}</script>", 0.1),
        "addresses": (ADDRESSES, '<a href="{}">x</a>', 0.2),
    }
    numbers: dict[str, range] = {}
    frames: list[str] = []
    for name, (texts, place, _) in ways_in.items():
        numbers[name] = range(len(frames), len(frames) + len(texts))
        frames += [
            place.format(text).replace("CALL", f"top.ran.add({n})")
            for n, text in zip(numbers[name], texts, strict=True)
        ]
    file = tmp_path / "open.html"
    visit = """<script>onload = () => {
      for (const each of document.querySelectorAll('a, button, [type=submit]')) each.click();
      for (const each of document.querySelectorAll('[autofocus]')) each.focus();
      for (const each of document.querySelectorAll('[onmouseover]')) each.dispatchEvent(new Event('mouseover'));
    }</script>"""
    shown = [f'<iframe srcdoc="{html.escape(visit + each)}"></iframe>' for each in frames]
    file.write_text(f"<!doctype html><meta charset=utf-8><script>ran = new Set()</script>{''.join(shown)}", "utf-8")
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(file.as_uri())
        for name, (texts, _, share) in ways_in.items():
            page.wait_for_function(
                "([numbers, least]) => numbers.filter((each) => ran.has(each)).length >= least",
                arg=[list(numbers[name]), share * len(texts)],
                timeout=1000 * TIMEOUT,
            )


def test_there_are_many() -> None:
    assert len(set(payloads("http://127.0.0.1"))) >= 150


def test_names_of_tabs(view: str, watch: Watch, tmp_path: Path) -> None:
    words = {clean_text(each) for each in payloads(watch.listener.url)}
    publish(tmp_path, [Tab(word, [Value("v", "n", number)]) for number, word in enumerate(sorted(words))])
    watch.page.goto(view)
    check("value", watch, deck_of(watch.page), len(words))


@every_kind
def test_in_the_live_frame(kind: str, view: str, watch: Watch, tmp_path: Path) -> None:
    watch.expect_scripts(kind)
    shown = tabs(kind, [PLAIN, *payloads(watch.listener.url)])
    publish(tmp_path, shown)
    page = watch.page
    page.goto(view)
    check(kind, watch, deck_of(page), len(shown))
    assert page.url.startswith(view)


@every_kind
def test_opened_from_disk(kind: str, watch: Watch, tmp_path: Path) -> None:
    watch.expect_scripts(kind)
    shown = tabs(kind, [PLAIN, *payloads(watch.listener.url)])
    file = tmp_path / "deck.html"
    file.write_bytes(snapshot.render(Document(1, "", shown, End("succeeded", segments.now())), live=False, whole=True))
    page = watch.page
    page.goto(file.as_uri())
    expect(page.get_by_role("tabpanel")).to_be_visible()
    check(kind, watch, page.main_frame, len(shown))
    assert page.url.startswith(file.as_uri())


def deck_of(page: Page) -> Frame:
    """The live Deck's frame, which shows all of it."""
    expect(page.get_by_role("toolbar", name="Deck").get_by_role("status").first).to_have_text("Complete")
    frame = page.get_by_title("Deck", exact=True).element_handle().content_frame()
    assert frame is not None
    return frame


def check(kind: str, watch: Watch, deck: Frame, tabs_shown: int) -> None:
    """Go through all of it: nothing ran but where it may, nothing was fetched, nothing became an element that acts."""
    deck.wait_for_function(f"() => document.querySelectorAll({TABS!r}).length >= {tabs_shown}")
    found = deck.evaluate(VISIT)
    page = watch.page
    assert [each.url for each in watch.ran if kind not in SCRIPTED or each in {page.main_frame, deck}] == []
    assert watch.dialogs == []
    assert watch.listener.heard == []
    assert len(page.context.pages) == 1, "it opened another page"
    assert page.evaluate("[typeof window.x, Object.keys(Object.prototype).length]") == ["undefined", 0]
    if kind not in SCRIPTED:
        assert [each for each in found if " on" in each] == []
        harmless = ("=", "=http:", "=https:", "=mailto:", "=data:", "=blob:")
        assert [each for each in found if "=" in each and not each.lower().endswith(harmless)] == []
        assert not set(found) & {"object", "embed", "base", "form", "marquee", "frame", "frameset"}
