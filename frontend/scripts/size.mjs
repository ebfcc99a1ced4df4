/** Fails where the JavaScript that the first view needs is more than 160 kB, gzipped. */
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const MOST_BYTES = 160_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist)));

const files = new Set();
const collect = (name) => {
  if (files.has(manifest[name].file)) return;
  files.add(manifest[name].file);
  for (const imported of manifest[name].imports ?? []) collect(imported);
};
collect("index.html");

let bytes = 0;
for (const file of files) bytes += gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;
console.log(`Initial JavaScript: ${(bytes / 1000).toFixed(1)} kB gzipped in ${files.size} files, of ${MOST_BYTES / 1000} kB.`);
process.exitCode = bytes > MOST_BYTES ? 1 : 0;
