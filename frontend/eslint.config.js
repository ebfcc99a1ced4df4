/** What is linted beyond the types. */
import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/client/**/*.d.ts"] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  {
    files: ["src/**/*.{ts,tsx}"],
    plugins: { "react-hooks": hooks },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "no-restricted-properties": [
        "error",
        { property: "innerHTML", message: "Rendered text goes through src/text/sanitise.ts, which gives nodes." },
        { property: "dangerouslySetInnerHTML", message: "Rendered text goes through src/text/sanitise.ts." },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { ignoreRestSiblings: true, varsIgnorePattern: "^_" }],
      "max-lines": ["error", 300],
    },
  },
  {
    // Tests read what was made.
    files: ["src/**/*.test.{ts,tsx}"],
    rules: { "no-restricted-properties": "off" },
  },
  {
    files: ["scripts/**", "bench/**", "*.js"],
    languageOptions: { globals: { process: "readonly", console: "readonly", URL: "readonly", fetch: "readonly", setTimeout: "readonly", performance: "readonly", document: "readonly", window: "readonly", localStorage: "readonly", Buffer: "readonly", PerformanceObserver: "readonly", requestAnimationFrame: "readonly", location: "readonly", scrollTo: "readonly", EventSource: "readonly" } },
  },
);
