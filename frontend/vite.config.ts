/** How the page is built, served live, and tested. */
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const service = process.env.GALLEY_URL ?? "http://127.0.0.1:8000";
const forwarded = ["/auth", "/run", "/runs", "/events", "/prompts", "/models", "/health", "/openapi.json"];

export default defineConfig({
  plugins: [react()],
  build: {
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    rolldownOptions: { input: ["index.html", "docs.html"] },
    // Swagger UI is 1.7 MB in one file, and only /docs loads it.
    chunkSizeWarningLimit: 2000,
  },
  server: {
    host: "127.0.0.1",
    // The service compares Origin with its own address before it takes a cookie.
    proxy: Object.fromEntries(
      forwarded.map((path) => [path, { target: service, headers: { origin: service }, changeOrigin: true }]),
    ),
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}", "tests/**/*.test.{ts,tsx}"],
    setupFiles: ["tests/setup.ts"],
    restoreMocks: true,
    testTimeout: 30_000,
  },
});
