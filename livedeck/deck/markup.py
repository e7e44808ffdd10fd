"""What a piece of HTML needs around it, read off its text.

The first two questions are answered the same way in ``console/src/elements/html/markup.ts``; a yes too many costs a
frame.
"""

import re
from typing import Final

from livedeck.deck.slices import SLICE

_WHOLE: Final = re.compile(
    r"\ufeff?\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body)[\s>]", re.DOTALL
)
_ACTING_TAG: Final = re.compile(r"<(?:script|style|link|meta|base|body|html|iframe|frameset|object|embed|dialog)[\s/>]")
_HANDLER: Final = re.compile(r"on[a-z]+\s*=")
_POSITION: Final = re.compile(r"position\s*:\s*(?:fixed|sticky)")
_BEFORE_ATTRIBUTE: Final = frozenset(" \t\n\r\f\v/\"'")

_TAG: Final = re.compile(r"""<(/?)([a-z][^\s/>]*)(?:"[^"]*"|'[^']*'|[^'">])*+>""")
_VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"],
)
_CLOSED_BY_OTHERS: Final = frozenset(
    ["p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "colgroup", "option", "optgroup", "rp", "rt"],
)
_TEXT_ONLY: Final = frozenset(["script", "style", "textarea", "title", "xmp", "noembed", "noframes", "iframe"])
_FOREIGN: Final = frozenset(("svg", "math"))


def is_whole_document(html: str) -> bool:
    """Whether it is a whole page: with a head, a body or styles of its own, made to be alone."""
    # The pattern is of lower case: matching without regard to case takes several times as long.
    return _WHOLE.match(html[:_HEAD].lower()) is not None


_HEAD: Final = 64 * 1024
"""Characters within which a whole page says that it is one, comments before it included."""
_OVERLAP: Final = 4 * 1024
"""Characters that two pieces share: nothing that is looked for is longer."""


def acts_on_document(html: str) -> bool:
    """Whether scripts or styles in it reach what stands around it."""
    # In pieces, since one search through all of it would hold the interpreter's lock until its end.
    return any(_acts(html[at : at + SLICE + _OVERLAP].lower()) for at in range(0, len(html), SLICE))


def _acts(text: str) -> bool:
    return (
        _ACTING_TAG.search(text) is not None
        or "javascript:" in text
        or _POSITION.search(text) is not None
        or any(at.start() and text[at.start() - 1] in _BEFORE_ATTRIBUTE for at in _HANDLER.finditer(text))
    )


def is_balanced(html: str) -> bool:
    """Whether it ends what it begins and nothing else, so that what stands around it stays what it is."""
    text = html.lower()
    opened: list[str] = []
    at = text.find("<")
    while at >= 0:
        if text.startswith("<!--", at):
            end = text.find("-->", at + 4) + 3
            if end < 3:
                return False
        elif text[at + 1 : at + 2] in ("!", "?"):
            end = text.find(">", at) + 1
            if not end:
                return False
        elif not (text[at + 1 : at + 2].isalpha() or text[at + 1 : at + 2] == "/"):
            end = at + 1
        else:
            tag = _TAG.match(text, at)
            if tag is None:
                return False
            end = _take(tag, opened, text)
            if end < 0:
                return False
        at = text.find("<", end)
    return not opened


def _take(tag: re.Match[str], opened: list[str], text: str) -> int:
    """Where to go on after a tag; -1 where it does not fit what is open."""
    closes, name = tag.groups()
    if closes:
        if name in _CLOSED_BY_OTHERS:
            return tag.end()
        return tag.end() if opened and opened.pop() == name else -1
    if name == "plaintext":
        return -1
    if name in _VOID or name in _CLOSED_BY_OTHERS:
        return tag.end()
    if tag[0].endswith("/>") and (name in _FOREIGN or _FOREIGN.intersection(opened)):
        return tag.end()
    opened.append(name)
    return text.find(f"</{name}", tag.end()) if name in _TEXT_ONLY else tag.end()
