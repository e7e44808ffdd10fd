r"""Maths in Markdown: ``$...$`` in a line, ``$$...$$`` by itself, as pandoc tells maths from money.

Within single dollars no white space stands at either end, and no digit comes behind. ``\$`` is a dollar.
``console/src/elements/markdown/maths.ts`` has the same rules, and draws what is found; a page without scripts shows it
as it was written.
"""

import html
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

INLINE: Final = re.compile(r"\$(?![\s$])((?:\\[\s\S]|[^\\$]){0,9999}(?:\\[\s\S]|[^\\$\s]))\$(?!\d)")
DISPLAY: Final = re.compile(r"\$\$((?:\\[\s\S]|\$(?!\$)|[^\\$]){1,9999}?)\$\$")
_MOST_LINES: Final = 1_000
_BLOCK: Final = re.compile(
    r"[ ]{0,3}\$\$((?:\\[^\n]|\$(?!\$)|[^\\$\n]|\\?\n(?![ \t]*(?:\n|\Z))){1,9999}?)\$\$[ \t]*(?:\n|\Z)"
)


def may_have(text: str) -> bool:
    """Whether there may be maths in a text of Markdown; it may be code, too."""
    return INLINE.search(text) is not None or DISPLAY.search(text) is not None


def add_rules(renderer: "MarkdownIt") -> None:
    """Have a renderer find maths, and show it as it was written."""
    renderer.inline.ruler.before("escape", "maths", _inline)
    renderer.block.ruler.before("fence", "maths", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]})
    renderer.add_render_rule("maths", _written)


def is_maths(token: "Token") -> bool:
    """Whether a token that a renderer found, or one of those in it, is maths."""
    return token.type == "maths" or any(map(is_maths, token.children or ()))


def _inline(state: "StateInline", silent: bool) -> bool:  # noqa: FBT001 - as the library calls it
    found = DISPLAY.match(state.src, state.pos) or INLINE.match(state.src, state.pos)
    if found is None or found.end() > state.posMax:
        return False
    if not silent:
        token = state.push("maths", "", 0)
        token.content = found[0]
    state.pos = found.end()
    return True


def _block(state: "StateBlock", start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - as the library calls it
    if state.is_code_block(start) or not state.src.startswith("$$", state.bMarks[start] + state.tShift[start]):
        return False
    text = state.getLines(start, min(end, start + _MOST_LINES), state.blkIndent, keepLastLF=True)
    found = _BLOCK.match(text)
    if found is None:
        return False
    if not silent:
        state.line = start + found[0].rstrip("\n").count("\n") + 1
        token = state.push("maths", "", 0)
        token.content = found[0].strip()
        token.block = True
        token.map = [start, state.line]
    return True


def _written(_self: Any, tokens: "list[Token]", at: int, *_options: Any) -> str:
    token = tokens[at]
    written = f'<code class="ld-math">{html.escape(token.content)}</code>'
    return f"<p>{written}</p>\n" if token.block else written
