"""flytekit's renderers, for programs that use them: each makes HTML of a value, with ``to_html``.

A Deck here takes the values themselves, and shows them better: ``Deck("table").append(frame)``.
"""

import html
from typing import Any


class TopFrameRenderer:
    """The first rows of a frame of pandas, as a table.

    Args:
        max_rows: how many at most.
        max_cols: how many columns at most.
    """

    def __init__(self, max_rows: int = 10, max_cols: int = 100) -> None:
        self._max_rows, self._max_cols = max_rows, max_cols

    def to_html(self, df: Any) -> str:
        """Return the table.

        Args:
            df: a ``pandas.DataFrame``.
        """
        return str(df.to_html(max_rows=self._max_rows, max_cols=self._max_cols))


class ArrowRenderer:
    """A table of pyarrow, as text."""

    def to_html(self, df: Any) -> str:
        """Return the text.

        Args:
            df: a ``pyarrow.Table``.
        """
        return f"<pre>{html.escape(df.to_string())}</pre>"


class MarkdownRenderer:
    """Markdown."""

    def to_html(self, text: str) -> str:
        """Return it as HTML.

        Args:
            text: in Markdown.
        """
        from markdown_it import MarkdownIt  # noqa: PLC0415 - loaded when it is asked for

        return str(MarkdownIt().render(text))


class SourceCodeRenderer:
    """The source of a program.

    Args:
        title: what flytekit calls it.
    """

    def __init__(self, title: str = "Source Code") -> None:
        self.title = title

    def to_html(self, source_code: str) -> str:
        """Return it as HTML.

        Args:
            source_code: the source.
        """
        return f"<pre><code>{html.escape(source_code)}</code></pre>"
