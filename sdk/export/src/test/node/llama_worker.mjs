// llama.cpp in a contest of `sampo bench --contender`: answers `context N` and `memory`, see docs/performance.md.
// Usage: node llama_worker.mjs FILE.gguf NODE_MODULES [THREADS]
import fs from "node:fs";
import path from "node:path";
import readline from "node:readline";
import { pathToFileURL } from "node:url";

const [file, modules, threads] = process.argv.slice(2);
const { getLlama } = await import(pathToFileURL(path.resolve(modules, "node-llama-cpp/dist/index.js")));
const began = performance.now();
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: Number(threads ?? 1) });
const model = await llama.loadModel({ modelPath: path.resolve(file) });
const context = await model.createContext({ contextSize: 2304, batchSize: 512, threads: Number(threads ?? 1) });
const sequence = context.getSequence();
console.log(`load_ms=${performance.now() - began}`);

for await (const line of readline.createInterface({ input: process.stdin })) {
  const [what, count] = line.split(" ");
  if (what === "memory") {
    const peak = fs.readFileSync("/proc/self/status", "utf8").match(/VmHWM:\s+(\d+)/)[1];
    console.log(`peak_mb=${(Number(peak) * 1024) / 1e6}`);
    continue;
  }
  await sequence.clearHistory();
  const ids = Array.from({ length: Number(count) }, (_, i) => 3 + (i % 200));
  const times = [performance.now()];
  for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
    times.push(performance.now());
    if (times.length === 25) break;
  }
  const steps = times.slice(2).map((t, i) => t - times[i + 1]).sort((a, b) => a - b);
  console.log(`prompt_ms=${times[1] - times[0]} token_ms=${steps[steps.length >> 1]}`);
}
process.exit(0);
