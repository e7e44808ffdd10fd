/// <reference types="vitest/config" />
import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** The pages: the console itself, and the viewer that shows one Deck alone (shared links). */
export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: {
    outDir: resolve(import.meta.dirname, "../livedeck/admin/static"),
    emptyOutDir: true,
    target: "es2023",
    cssTarget: ["chrome123", "firefox128", "safari17.5"],
    rolldownOptions: {
      input: {
        index: resolve(import.meta.dirname, "index.html"),
        viewer: resolve(import.meta.dirname, "viewer.html"),
      },
    },
  },
  server: {
    // What the saved page and the frame share lies beside the Python that writes the page.
    fs: { allow: [resolve(import.meta.dirname, "..")] },
    // `npm run dev` against a running `livedeck serve`.
    proxy: Object.fromEntries(
      ["/api", "/live", "/decks", "/download", "/upload"].map((path) => [path, "http://127.0.0.1:8080"]),
    ),
  },
  test: {
    include: ["tests/**/*.test.{ts,tsx}"],
    restoreMocks: true,
    env: { TZ: "UTC" },
    // Many ranges and documents are tried in one test; a busy machine takes its time.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
  },
});
