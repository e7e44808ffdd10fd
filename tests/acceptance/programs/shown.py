"""What libraries make to be shown, each as its users would make it. What is imported is loaded when it is asked for."""

from collections.abc import Callable
from typing import Any

ROWS: dict[str, Any] = {"step": [1, 2, 3, 4], "loss": [4.0, 2.5, 1.5, 1.0], "name": ["a", "b", "<b>", "d"]}


def matplotlib_figure() -> Any:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3))
    figure.subplots().plot(ROWS["step"], ROWS["loss"])
    return figure


def matplotlib_axes() -> Any:
    from matplotlib.figure import Figure

    axes = Figure(figsize=(5, 3)).subplots(1, 2)
    axes[0].bar(ROWS["step"], ROWS["loss"])
    return axes[0]


def seaborn_axes() -> Any:
    import seaborn as sns
    from matplotlib.figure import Figure

    return sns.lineplot(frame(), x="step", y="loss", ax=Figure(figsize=(5, 3)).subplots())


def seaborn_grid() -> Any:
    import seaborn as sns

    return sns.relplot(frame(), x="step", y="loss", height=3)


def seaborn_objects() -> Any:
    import seaborn.objects as so

    return so.Plot(frame(), x="step", y="loss").add(so.Line())


def plotly() -> Any:
    import plotly.express as px

    return px.line(frame(), x="step", y="loss")


def altair() -> Any:
    import altair as alt

    return alt.Chart(frame()).mark_line(point=True).encode(x="step:Q", y="loss:Q")


def bokeh() -> Any:
    from bokeh.plotting import figure

    made = figure(height=250, width=400)
    made.line(ROWS["step"], ROWS["loss"])
    return made


def holoviews() -> Any:
    import holoviews as hv

    hv.extension("bokeh")
    return hv.Curve(frame(), "step", "loss")


def holoviews_on_matplotlib() -> Any:
    import holoviews as hv

    hv.extension("matplotlib")
    return hv.Curve(frame(), "step", "loss")


def folium() -> Any:
    import folium

    made = folium.Map([48.2, 16.4], zoom_start=10)
    folium.CircleMarker([48.2, 16.4], radius=20, tooltip="Vienna").add_to(made)
    return made


def frame() -> Any:
    import pandas as pd

    return pd.DataFrame(ROWS)


def styler() -> Any:
    return frame().style.background_gradient(subset=["loss"])


def polars() -> Any:
    import polars as pl

    return pl.DataFrame(ROWS)


def polars_lazy() -> Any:
    import polars as pl

    return pl.DataFrame(ROWS).lazy().filter(pl.col("loss") > 2)


def arrow() -> Any:
    import pyarrow as pa

    return pa.table(ROWS)


def great_tables() -> Any:
    from great_tables import GT

    return GT(frame()).tab_header("Losses")


def pillow() -> Any:
    from PIL import Image

    return Image.linear_gradient("L")


def sympy() -> Any:
    import sympy as sp

    x = sp.Symbol("x")
    return sp.Integral(sp.exp(-(x**2)), (x, 0, sp.oo))


def graphviz() -> Any:
    import graphviz as gv

    graph = gv.Digraph()
    graph.edge("raw", "clean")
    graph.edge("clean", "model")
    return graph


def estimator() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.5))


def pandera() -> Any:
    import pandera.pandas as pa

    schema = pa.DataFrameSchema({"loss": pa.Column(float, pa.Check.lt(2))})
    try:
        return schema.validate(frame(), lazy=True)
    except pa.errors.SchemaErrors as errors:
        return errors


def torch() -> Any:
    import torch as t

    return t.nn.Sequential(t.nn.Linear(4, 8), t.nn.ReLU(), t.nn.Linear(8, 2))


def shap() -> Any:
    import numpy as np
    import shap as s

    return s.plots.force(0.5, np.array([0.2, -0.1, 0.3]), feature_names=["age", "size", "rate"])


SHOWN: dict[str, Callable[[], Any]] = {
    each.__name__: each
    for each in (
        matplotlib_figure,
        matplotlib_axes,
        seaborn_axes,
        seaborn_grid,
        seaborn_objects,
        plotly,
        altair,
        bokeh,
        holoviews,
        holoviews_on_matplotlib,
        folium,
        frame,
        styler,
        polars,
        polars_lazy,
        arrow,
        great_tables,
        pillow,
        sympy,
        graphviz,
        estimator,
        pandera,
        torch,
        shap,
    )
}
