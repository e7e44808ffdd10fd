"""flytekit's renderers, for programs that use them: each makes HTML of a value, with ``to_html``.

The last four are of its plugin ``flytekitplugins-deck-standard``, with the same names and parameters.

A Deck here takes the values themselves, and shows them better: ``Deck("table").append(frame)``.
"""

import html
import importlib
from pathlib import Path
from typing import Any

from livedeck.deck import renderers
from livedeck.deck.pictures import picture


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


class BoxRenderer:
    """A column of a frame of pandas as a box plot, by Plotly.

    Args:
        column_name: which column.
    """

    def __init__(self, column_name: str) -> None:
        self._column_name = column_name

    def to_html(self, df: Any) -> str:
        """Return the plot, with Plotly's JavaScript: ``deck.show`` sends that once only.

        Args:
            df: a ``pandas.DataFrame``.
        """
        return renderers.to_html(importlib.import_module("plotly.express").box(df, y=self._column_name))


class ImageRenderer:
    """An image."""

    def to_html(self, image_src: Any) -> str:
        """Return it as HTML.

        Args:
            image_src: an image of Pillow, a file, or a path.

        Raises:
            ValueError: it is no image.
        """
        source = image_src if type(image_src).__module__.partition(".")[0] == "PIL" else Path(image_src)
        drawn = picture(source)
        if not drawn.src:
            raise ValueError(drawn.words)
        return f'<img alt="" src="{html.escape(drawn.src)}">'


class TableRenderer:
    """A frame of pandas as a table."""

    def to_html(self, df: Any, header_labels: list[str] | None = None, table_width: int | None = None) -> str:
        """Return the table.

        Args:
            df: a ``pandas.DataFrame``, or a dict of columns.
            header_labels: names of the columns, in place of the frame's.
            table_width: in pixels.
        """
        frame = df if hasattr(df, "to_html") else importlib.import_module("pandas").DataFrame(df)
        shown = frame if header_labels is None else frame.set_axis(header_labels, axis="columns")
        table = shown.to_html(index=False, border=0)
        return table if table_width is None else f'<div style="width:{table_width:d}px">{table}</div>'


class FrameProfilingRenderer:
    """A report about a frame of pandas, by ``ydata-profiling``.

    Args:
        title: of the report.
    """

    def __init__(self, title: str = "Pandas Profiling Report") -> None:
        self._title = title

    def to_html(self, df: Any) -> str:
        """Return the report, a whole page.

        Args:
            df: a ``pandas.DataFrame``.

        Raises:
            ImportError: ``ydata-profiling`` is not installed.
        """
        try:
            profiling = importlib.import_module("ydata_profiling")
        except ImportError as error:
            raise ImportError("FrameProfilingRenderer needs ydata-profiling: install it") from error
        return str(profiling.ProfileReport(df, title=self._title).to_html())
