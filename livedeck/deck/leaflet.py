"""Maps of folium without the network: Leaflet from an installed package, and no tiles.

folium's own pages load Leaflet, jQuery and what its plugins need from the network. A map here has markers, shapes,
popups and choropleths; what is loaded for plugins alone is missing, and the map goes on without.
"""

import base64
import importlib.util
import re
from pathlib import Path
from typing import Any, Final

PACKAGE: Final = "django-js-lib-leaflet"
"""The package that has Leaflet in it, and needs nothing else."""
MODULE: Final = "js_lib_leaflet"
_IMAGES: Final = {"iconUrl": "marker-icon.png", "iconRetinaUrl": "marker-icon-2x.png", "shadowUrl": "marker-shadow.png"}
_STYLE: Final = re.compile(r"<style>.*?</style>", re.DOTALL)
_ABSENT: Final = """
L.Icon.Default.imagePath = "";
L.Icon.Default.mergeOptions(%s);
L.tileLayer = (_address, options) => L.gridLayer(options);
L.tileLayer.wms = L.tileLayer;
L.AwesomeMarkers = { icon: () => new L.Icon.Default() };
window.$ ??= (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return [...template.content.children];
};
"""
"""What folium's scripts expect of the network."""


def source() -> str:
    """Leaflet, with what folium's scripts call besides.

    Raises:
        ImportError: No package here has it.
    """
    spec = importlib.util.find_spec(MODULE)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"no module named {MODULE!r}")
    folder = Path(spec.submodule_search_locations[0]) / "static" / MODULE
    images = {option: _data_url(folder / "images" / name) for option, name in _IMAGES.items()}
    style = re.sub(
        r"url\((images/[\w.-]+)\)", lambda at: f"url({_data_url(folder / at[1])})", _read(folder, "leaflet.css")
    )
    return f"<style>{style}</style><script>{_read(folder, 'leaflet.js')}{_ABSENT % images}</script>"


def fragment(folium_map: Any) -> str:
    """HTML of a map, for a page that has Leaflet."""
    root = folium_map.get_root()
    root.render()
    styles = [each for each in _STYLE.findall(root.header.render()) if folium_map.get_name() in each]
    place = f'<div style="position:relative;height:420px;isolation:isolate">{root.html.render()}</div>'
    note = '<p style="font-size:13px">Without the tiles of the map, which would come from the network.</p>'
    return f"{''.join(styles)}{place}{note}<script>{root.script.render()}</script>"


def _read(folder: Path, name: str) -> str:
    return (folder / name).read_text("utf-8")


def _data_url(image: Path) -> str:
    return f"data:image/png;base64,{base64.b64encode(image.read_bytes()).decode()}"
