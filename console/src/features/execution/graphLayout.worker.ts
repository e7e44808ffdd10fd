/** Lays out one graph beside the page: of a thousand nodes that takes a second. */
import { layOut, type GraphToLayOut } from "./graphLayout";

addEventListener("message", ({ data }: MessageEvent<GraphToLayOut>) => postMessage(layOut(data)));
