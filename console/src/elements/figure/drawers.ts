/**
 * How the JavaScript libraries of `livedeck/deck/libraries.py` draw, by the ids that they have there. Each is a script on
 * the tab, or on another tab of the Deck, which has run once it has left its name on the window.
 */
import { pageScripts, parseInto } from "../../frame/pageScripts";

export interface Drawer {
  /** Whether the library is there. */
  ready(): boolean;
  /**
   * Draw into a node: an empty one, or that of the drawing before if `keeps`, so that what the viewer has zoomed and
   * selected stays. The drawing stands when the promise is settled.
   */
  draw(node: HTMLElement, spec: string): Promise<Drawn>;
  /** Whether a drawing becomes the next one in the same node. */
  readonly keeps: boolean;
}

/** Let go of what a library keeps of a drawing. */
export type Drawn = () => void;

interface PlotlySpec {
  readonly data?: unknown[];
  readonly layout?: Record<string, unknown>;
  readonly config?: Record<string, unknown>;
  readonly frames?: unknown[];
}

interface Libraries {
  readonly Plotly?: {
    react(node: HTMLElement, figure: PlotlySpec): Promise<unknown>;
    addFrames(node: HTMLElement, frames: unknown[]): Promise<unknown>;
    purge(node: HTMLElement): void;
  };
  readonly Bokeh?: { embed: { embed_item(item: unknown, node: HTMLElement): Promise<{ clear?(): void }> } };
  readonly vegaEmbed?: (node: HTMLElement, spec: unknown, options: object) => Promise<{ finalize(): void }>;
  readonly SHAP?: unknown;
  readonly L?: unknown;
}

const libraries = window as Libraries;

/** A library that is asked for has been found to be ready before. */
function found<L>(library: L | undefined): L {
  if (library === undefined) throw new Error("its library is gone from the page");
  return library;
}

const plotly: Drawer = {
  keeps: true,
  ready: () => libraries.Plotly !== undefined,
  async draw(node, spec) {
    const Plotly = found(libraries.Plotly);
    const { data = [], layout = {}, config = {}, frames = [] } = JSON.parse(spec) as PlotlySpec;
    // What the viewer has zoomed, selected and hidden stays as long as this is the same.
    const kept = { uirevision: "livedeck", ...layout };
    await Plotly.react(node, { data, layout: kept, config: { responsive: true, displaylogo: false, ...config } });
    if (frames.length > 0) await Plotly.addFrames(node, frames);
    return () => Plotly.purge(node);
  },
};

const bokeh: Drawer = {
  keeps: false,
  ready: () => libraries.Bokeh !== undefined,
  async draw(node, spec) {
    const views = await found(libraries.Bokeh).embed.embed_item(JSON.parse(spec), node);
    return () => views.clear?.();
  },
};

const vega: Drawer = {
  keeps: false,
  ready: () => libraries.vegaEmbed !== undefined,
  async draw(node, spec) {
    const options = { mode: "vega-lite", actions: false, renderer: "svg" };
    const view = await found(libraries.vegaEmbed)(node, JSON.parse(spec), options);
    return () => view.finalize();
  },
};

/** Figures that are HTML, with scripts that use the library. */
function markup(name: "SHAP" | "L"): Drawer {
  return {
    keeps: false,
    ready: () => libraries[name] !== undefined,
    draw(node, spec) {
      pageScripts.append(node, parseInto(node, spec));
      return Promise.resolve(() => node.replaceChildren());
    },
  };
}

export const DRAWERS: ReadonlyMap<string, Drawer> = new Map([
  ["livedeck-plotly", plotly],
  ["livedeck-bokeh", bokeh],
  ["livedeck-vega", vega],
  ["livedeck-shap", markup("SHAP")],
  ["livedeck-leaflet", markup("L")],
]);
