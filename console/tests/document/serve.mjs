/** Answers runs of `applied.ts`, a line of JSON each, until its input ends. */
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { runnerImport } from "vite";

const path = resolve(import.meta.dirname, "applied.ts");
const { module } = await runnerImport(path, { configFile: false, logLevel: "error" });
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(JSON.parse(line).map(module.applied))}\n`);
}
