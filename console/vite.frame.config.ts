import { resolve } from "node:path";
import { defineConfig, type Plugin } from "vite";

/** Inside a <script> element, these character sequences (in marked's patterns) would end it, or keep it from ending. */
function safeInsideScript(): Plugin {
  return {
    name: "safe-inside-script",
    generateBundle(_options, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === "chunk") file.code = file.code.replace(/<(?=!--|\/?script)/gi, "\\x3C");
      }
    },
  };
}

/**
 * The Deck frame's runtime: one script with its styles inside, because it is inlined into pages that may load
 * nothing (deck.html opened from disk, and the sandboxed frame). With `--mode maths`: beside it the script that draws
 * maths, for those of them that have some.
 */
export default defineConfig(({ mode }) => ({
  publicDir: false,
  plugins: [safeInsideScript()],
  build: {
    outDir: resolve(import.meta.dirname, "../livedeck/deck/static"),
    emptyOutDir: mode !== "maths",
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    lib: {
      entry: resolve(import.meta.dirname, mode === "maths" ? "src/maths/main.ts" : "src/frame/main.ts"),
      formats: ["iife"],
      name: "livedeck",
      fileName: () => (mode === "maths" ? "maths.js" : "runtime.js"),
    },
  },
}));
