"""JavaScript libraries that figures need on the page: each is put into a Deck once, however often figures change.

A Deck loads nothing from the network, so the library comes out of an installed Python package, several megabytes that
are not to be sent with every figure. It stands on a tab as an element whose id says what it is.
"""

import importlib.util
import json
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livedeck.deck import leaflet


@dataclass(frozen=True)
class Library:
    """A JavaScript library, and how figures of its Python package are shown with it."""

    id: str
    """Id of the element that holds it."""
    name: str
    """What people call it."""
    figures: tuple[str, str]
    """Module and name of the class of the figures."""
    source: Callable[[], str]
    """Return the library itself: scripts in HTML. They show nothing."""
    figure: Callable[[Any], str]
    """Return HTML of a figure, to stand behind the library."""
    spec: Callable[[Any], str]
    """Return what the library draws, as the console's view of figures takes it: ``console/src/elements/figure``."""
    module: str
    """The Python module that has the library in it."""
    package: str
    """The package of that module, to be installed where it is missing."""

    def element(self) -> str:
        """HTML of the element that holds the library; nothing of it is seen."""
        return f'<style class="{self.id}">.ld-html:has(>.{self.id}){{display:none}}</style>{self.source()}'

    @property
    def is_installed(self) -> bool:
        """Whether the module that has the library is there. It is not imported for that."""
        if self.module in sys.modules:
            return sys.modules[self.module] is not None
        return importlib.util.find_spec(self.module) is not None


def is_of(value: Any, module: str, name: str) -> bool:
    """Whether a value is of a class of a library that is loaded. Nothing is imported, and the value is not asked."""
    kind = getattr(sys.modules.get(module), name, None)
    return isinstance(kind, type) and issubclass(type(value), kind)


def library_of(value: Any) -> Library | None:
    """Return what a value needs on the page, if it is a figure of a known kind."""
    return next((library for library in LIBRARIES if is_of(value, *library.figures)), None)


def _plotly_source() -> str:
    return f"<script>{importlib.import_module('plotly.offline').get_plotlyjs()}</script>"


def _plotly_figure(figure: Any) -> str:
    return str(figure.to_html(full_html=False, include_plotlyjs=False))


def _plotly_spec(figure: Any) -> str:
    return str(figure.to_json())


def _bokeh_source() -> str:
    return str(importlib.import_module("bokeh.resources").INLINE.render())


def _bokeh_figure(figure: Any) -> str:
    script, place = importlib.import_module("bokeh.embed").components(figure)
    return f"{place}{script}"


def _bokeh_spec(figure: Any) -> str:
    return json.dumps(importlib.import_module("bokeh.embed").json_item(figure))


def _vega_source() -> str:
    # Vega, Vega-Lite and vega-embed, as altair itself takes them for pages that work offline.
    version = getattr(importlib.import_module("altair"), "VEGALITE_VERSION", None)
    bundle = importlib.import_module("vl_convert").javascript_bundle
    script = bundle() if version is None else bundle(vl_version=".".join(version.lstrip("v").split(".")[:2]))
    return f"<script>{_within_a_script(script)}</script>"


def _vega_figure(figure: Any) -> str:
    place = f"vega-{uuid.uuid4().hex}"
    spec = _within_a_script(_vega_spec(figure))
    return f'<div id="{place}"></div><script>vegaEmbed("#{place}", {spec}, {{"mode": "vega-lite"}});</script>'


def _vega_spec(figure: Any) -> str:
    altair = importlib.import_module("altair")
    # With the data in it, all of it, whatever the user has altair do with data elsewhere.
    with altair.data_transformers.enable("default", max_rows=None):
        return json.dumps(figure.to_dict())


def _shap_source() -> str:
    return str(importlib.import_module("shap").getjs())


def _shap_figure(figure: Any) -> str:
    return str(figure.html())


def _within_a_script(text: str) -> str:
    """A script that may stand in HTML: in texts and patterns of scripts the two are the same."""
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


PLOTLY = Library(
    "livedeck-plotly",
    "plotly.js",
    ("plotly.graph_objects", "Figure"),
    _plotly_source,
    _plotly_figure,
    _plotly_spec,
    "plotly",
    "plotly",
)
BOKEH = Library(
    "livedeck-bokeh",
    "BokehJS",
    ("bokeh.models", "LayoutDOM"),
    _bokeh_source,
    _bokeh_figure,
    _bokeh_spec,
    "bokeh",
    "bokeh",
)
VEGA = Library(
    "livedeck-vega",
    "Vega",
    ("altair", "TopLevelMixin"),
    _vega_source,
    _vega_figure,
    _vega_spec,
    "vl_convert",
    "vl-convert-python",
)
SHAP = Library(
    "livedeck-shap",
    "shap's JavaScript",
    ("shap.plots._force", "BaseVisualizer"),
    _shap_source,
    _shap_figure,
    _shap_figure,
    "shap",
    "shap",
)
LEAFLET = Library(
    "livedeck-leaflet",
    "Leaflet",
    ("folium", "Map"),
    leaflet.source,
    leaflet.fragment,
    leaflet.fragment,
    leaflet.MODULE,
    leaflet.PACKAGE,
)
LIBRARIES = (PLOTLY, BOKEH, VEGA, SHAP, LEAFLET)
LIBRARY_IDS = frozenset(library.id for library in LIBRARIES)
