"""The pages that the console's build provides, and plain ones in their place where it was not built."""

import errno
import hashlib
import html
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from livedeck.admin.security import DECK_HEADERS, PAGE_HEADERS
from livedeck.deck.style import STYLE_ELEMENT

META: Final = "<!--livedeck:meta-->"
"""Where ``viewer.html`` takes what it is to show."""

_TRACES: Final = '<meta name="livedeck-traces" content="on">'
"""What ``index.html`` has in its head where executions have traces."""

_NOT_BUILT: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>livedeck</title>
<style>body{font:16px/1.6 system-ui,sans-serif;max-width:40rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}
code{background:#8882;padding:.1em .4em;border-radius:4px}</style>
<h1>The console is not built</h1>
<p>The server runs, and its API and command line work. This copy of livedeck comes without the built web page.</p>
<p>In a clone, <code>make setup</code> builds it (it needs Node 20); an installed wheel brings it along.</p></html>"""

_PLAIN_VIEWER: Final = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>html,body,iframe{{margin:0;width:100%;height:100%;border:0;display:block}}</style>
<iframe sandbox="allow-scripts" referrerpolicy="no-referrer" title="Deck" src="{raw}?version=whole"></iframe></html>"""

_FRAME: Final = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Deck</title>\
<meta name="viewport" content="width=device-width,initial-scale=1">{style}</head>\
<body><div id="livedeck-root"></div><script>{script}</script></body></html>"""


class Pages:
    """Serves the console under ``/console/``, the viewer of one Deck, and the live Deck's frame.

    Args:
        root: Folder of the console's build; by default the one inside the package.
        traces: Whether executions have traces, which the console then tells of.
    """

    def __init__(self, root: Path | None = None, *, traces: bool = False) -> None:
        self._traces = traces
        self._root = (root or Path(__file__).parent / "static").resolve()

    def routes(self) -> list[BaseRoute]:
        """Return the routes."""
        return [
            Route("/", lambda _: RedirectResponse("/console/")),
            Route("/favicon.ico", lambda _: RedirectResponse("/console/favicon.svg")),
            Route("/console", lambda _: RedirectResponse("/console/")),
            Route("/console/{path:path}", self._console),
            Route("/decks/frame", self._frame),
            Route("/decks/maths.js", _maths),
        ]

    def viewer(self, *, stream: str, raw: str, title: str, decks: str = "") -> Response:
        """Return the page with one Deck alone, or with one of several.

        Args:
            stream: Path of its live stream.
            raw: Path of its HTML.
            title: What to call it.
            decks: Path of a list of Decks to choose from, which ``stream`` and ``raw`` are then in.
        """
        path = self._root / "viewer.html"
        if not path.is_file():
            page = _PLAIN_VIEWER.format(title=html.escape(title), raw=html.escape(raw, quote=True))
        else:
            named = {"livedeck-title": title}
            named |= {"livedeck-decks": decks} if decks else {"livedeck-stream": stream, "livedeck-raw": raw}
            tags = (f'<meta name="{name}" content="{html.escape(value, quote=True)}">' for name, value in named.items())
            page = path.read_text("utf-8").replace(META, "".join(tags), 1)
        return HTMLResponse(page, headers={**PAGE_HEADERS, "cache-control": "no-store"})

    def _console(self, request: Request) -> Response:
        path = request.path_params["path"]
        found = self._file(path)
        if found is None and path.startswith("assets/"):
            raise HTTPException(404, f"the console has no file {path!r}: reload the page")
        shown = found or self._file("index.html")
        if shown is None:
            return HTMLResponse(_NOT_BUILT, 503, headers={**PAGE_HEADERS, "cache-control": "no-store"})
        # Names under assets/ hold a hash of their content; all else may change with the next build.
        caching = "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
        headers = {**PAGE_HEADERS, "cache-control": caching}
        if self._traces and shown.name == "index.html":
            return HTMLResponse(shown.read_text("utf-8").replace("</head>", f"{_TRACES}</head>", 1), headers=headers)
        return FileResponse(shown, headers=headers)

    def _file(self, path: str) -> Path | None:
        if "\0" in path or not path:
            return None
        found = (self._root / path).resolve()
        try:
            return found if found.is_relative_to(self._root) and found.is_file() else None
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # longer than any file's can be
                return None
            raise

    def _frame(self, request: Request) -> Response:
        script = resources.files("livedeck.deck").joinpath("static", "runtime.js")
        if not script.is_file():
            return HTMLResponse(_NOT_BUILT, 503, headers=DECK_HEADERS)
        page = _frame_page(script.read_text("utf-8"))
        etag = f'"{hashlib.sha256(page).hexdigest()[:32]}"'
        headers = {**DECK_HEADERS, "cache-control": "no-cache", "etag": etag}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return HTMLResponse(page, headers=headers)


def _maths(request: Request) -> Response:
    """The script that draws maths, which the page hands to frames of Decks that have some."""
    script = resources.files("livedeck.deck").joinpath("static", "maths.js")
    if not script.is_file():
        raise HTTPException(404, "the console is not built: there is no script that draws maths")
    content = script.read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**PAGE_HEADERS, "cache-control": "no-cache", "etag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type="text/javascript", headers=headers)


@lru_cache(maxsize=1)
def _frame_page(script: str) -> bytes:
    # Only this ends a script element; inside the script's strings it means the same.
    quoted = script.replace("</script", "<\\/script")
    return _FRAME.replace("{style}", STYLE_ELEMENT).replace("{script}", quoted).encode()


def path_of(*parts: str | int) -> str:
    """Join parts to an absolute path, each quoted."""
    return "/" + "/".join(quote(str(part), safe="") for part in parts)
