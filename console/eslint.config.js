import { readdirSync } from "node:fs";
import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const KINDS = readdirSync(`${import.meta.dirname}/src/elements`, { withFileTypes: true })
  .filter((each) => each.isDirectory())
  .map(({ name }) => name);
const FEATURES = ["data", "deck", "execution", "executions", "logs"];

/**
 * Files that may not import what these patterns match, and why.
 * @param {string[]} files
 * @param {string[]} group
 * @param {string} message
 */
const forbid = (files, group, message) =>
  /** @type {const} */ ({ files, rules: { "no-restricted-imports": ["error", { patterns: [{ group, message }] }] } });

export default defineConfig(
  // The last runs as it is, in Node: six lines around a module that is checked.
  { ignores: ["node_modules", "src/protocol/*.gen.ts", "tests/document/serve.mjs"] },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  hooks.configs.flat.recommended,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ["eslint.config.js"] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: "error",
      // Numbers in template strings are what most of them are for.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      // `onClick={() => save()}` reads well.
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/consistent-type-imports": "error",
    },
  },
  {
    files: ["src/**/*.tsx"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...[
          "JSXAttribute[name.name=/^(title|label|name|what|placeholder|alt|aria-label)$/]",
          "CallExpression[callee.name='useTitle']",
        ].map((place) => ({
          selector: `${place} TemplateLiteral[expressions.length>0]:not(TaggedTemplateExpression > TemplateLiteral)`,
          message: "Names turn the direction of the words around them: write words`...` (core/bidi.ts).",
        })),
      ],
    },
  },
  forbid(
    ["src/core/**", "src/document/**", "src/elements/**", "src/frame/**", "src/plotting/**", "src/protocol/**"],
    ["react", "react-dom/*", "@tanstack/*", "**/bindings/*", "**/ui/*", "**/features/**"],
    "The core and the frame know no framework.",
  ),
  // A kind's folder has this rule alone, since the last one of a name is the one that holds: it names the frameworks too.
  ...KINDS.map((kind) =>
    forbid(
      [`src/elements/${kind}/**`],
      ["react", "react-dom/*", "@tanstack/*", ...KINDS.filter((other) => other !== kind).map((other) => `**/${other}/*`)],
      "Kinds of element know nothing of each other, nor of a framework.",
    ),
  ),
  ...FEATURES.map((feature) =>
    forbid(
      [`src/features/${feature}/**`],
      FEATURES.filter((other) => other !== feature).map((other) => `**/${other}/*`),
      "Features never import each other: app/ hands one to another.",
    ),
  ),
);
