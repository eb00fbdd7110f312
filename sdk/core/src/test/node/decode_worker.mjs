// Greedy decoding with transformers.js, one thread, for DecodeBenchmark: reads lines "BATCH TOKENS", answers each with milliseconds.
//
//     node decode_worker.mjs FOLDER MODULES
//
// FOLDER holds model.onnx and config.json; MODULES is a node_modules with @huggingface/transformers.
import { createRequire } from "node:module";
import { basename, dirname, resolve } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const PROMPT = 32;
const [folder, modules] = process.argv.slice(2).map((path) => resolve(path));
const entry = createRequire(modules + "/").resolve("@huggingface/transformers");
const { AutoModelForCausalLM, Tensor, env } = await import(pathToFileURL(entry));
env.allowRemoteModels = false;
env.localModelPath = dirname(folder);
const model = await AutoModelForCausalLM.from_pretrained(basename(folder), {
  subfolder: "",
  dtype: "fp32",
  device: "cpu",
  session_options: { intraOpNumThreads: 1, interOpNumThreads: 1 },
});

async function run(batch, tokens) {
  const ids = new BigInt64Array(batch * PROMPT);
  for (let i = 0; i < ids.length; i++) {
    ids[i] = BigInt(100 + 37 * (i % PROMPT));
  }
  const dims = [batch, PROMPT];
  const start = performance.now();
  const out = await model.generate({
    inputs: new Tensor("int64", ids, dims),
    attention_mask: new Tensor("int64", new BigInt64Array(ids.length).fill(1n), dims),
    max_new_tokens: tokens,
    do_sample: false,
  });
  const millis = performance.now() - start;
  if (out.dims[1] !== PROMPT + tokens) {
    throw new Error(`${out.dims[1] - PROMPT} tokens came, not ${tokens}`);
  }
  return [millis, out];
}

const [, first] = await run(1, 16);
console.log(`ready transformers.js ${env.version}, its first ids ${Array.from(first.data).slice(PROMPT, PROMPT + 4).join(" ")}`);
for await (const line of createInterface({ input: process.stdin })) {
  const [batch, tokens] = line.split(" ").map(Number);
  console.log((await run(batch, tokens))[0]);
}
