import { resolve } from "node:path";
import { defineConfig } from "vite";

/**
 * The Deck frame's runtime: one script with its styles inside, because it is inlined into pages that may load
 * nothing (deck.html opened from disk, and the sandboxed frame).
 */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: resolve(import.meta.dirname, "../livedeck/deck/static"),
    emptyOutDir: true,
    target: "es2022",
    lib: {
      entry: resolve(import.meta.dirname, "src/frame/main.ts"),
      formats: ["iife"],
      name: "livedeck",
      fileName: () => "runtime.js",
    },
  },
});
