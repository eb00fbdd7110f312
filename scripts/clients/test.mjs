// The npm client of OpenAI against a server of ours; ends with an error where something is not as it should be.

import OpenAI from "openai";
import assert from "node:assert/strict";

const url = process.argv[2];
const client = new OpenAI({ baseURL: url + "/v1", apiKey: "sesame", maxRetries: 0 });
const chat = {
  model: "scripture-gpt",
  messages: [{ role: "developer", content: "Be brief." }, { role: "user", content: "Who was Noah?" }],
  max_completion_tokens: 16,
  seed: 3,
};
const unending = { ...chat, max_completion_tokens: 200, logit_bias: { 0: -100 } };
const tool = {
  type: "function",
  function: {
    name: "look_up",
    description: "Looks up a place in a book.",
    parameters: {
      type: "object",
      properties: { book: { enum: ["Genesis", "Exodus"] } },
      required: ["book"],
      additionalProperties: false,
    },
  },
};
let passed = 0;

async function check(name, work) {
  await work();
  passed++;
  console.log("ok   " + name);
}

async function idle() {
  for (let i = 0; i < 200; i++) {
    const text = await (await fetch(url + "/metrics", { headers: { Authorization: "Bearer sesame" } })).text();
    if (/sampo_running\{[^}]*\} 0/.test(text) && /sampo_http_active 0/.test(text)) return;
    await new Promise((done) => setTimeout(done, 50));
  }
  throw new Error("something still runs");
}

await check("models are listed", async () => {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  assert.deepEqual(names, ["scripture-gpt", "encoder", "digits-gan"]);
});

let text;
await check("conversation", async () => {
  const answer = await client.chat.completions.create(chat);
  text = answer.choices[0].message.content;
  assert.ok(text.length > 5);
  assert.equal(answer.usage.completion_tokens, 16);
});

await check("stream: the same text, usage at the end", async () => {
  const stream = await client.chat.completions.create({ ...chat, stream: true, stream_options: { include_usage: true } });
  let pieces = "";
  let usage;
  for await (const chunk of stream) {
    pieces += chunk.choices[0]?.delta?.content ?? "";
    usage = chunk.usage ?? usage;
  }
  assert.equal(pieces, text);
  assert.equal(usage.completion_tokens, 16);
});

await check("stream helper gathers the answer", async () => {
  const runner = client.chat.completions.stream({ ...chat });
  assert.equal((await runner.finalMessage()).content, text);
});

await check("stop strings are neither in the whole nor in the stream", async () => {
  const stop = text.slice(6, 10);
  const whole = await client.chat.completions.create({ ...chat, stop });
  assert.equal(whole.choices[0].finish_reason, "stop");
  assert.ok(!whole.choices[0].message.content.includes(stop));
});

await check("a required call of a tool, whole and streamed", async () => {
  const body = { ...chat, max_completion_tokens: 120, tools: [tool], tool_choice: "required" };
  const answer = await client.chat.completions.create(body);
  const call = answer.choices[0].message.tool_calls[0];
  assert.equal(answer.choices[0].finish_reason, "tool_calls");
  assert.ok(["Genesis", "Exodus"].includes(JSON.parse(call.function.arguments).book));
  const streamed = await client.chat.completions.stream(body).finalMessage();
  assert.equal(streamed.tool_calls[0].function.arguments, call.function.arguments);
  const on = await client.chat.completions.create({
    ...chat,
    tools: [tool],
    tool_choice: "none",
    messages: [...chat.messages, answer.choices[0].message, { role: "tool", tool_call_id: call.id, content: "chapter 6" }],
  });
  assert.ok(on.choices[0].message.content.length > 0);
});

await check("a JSON schema is kept", async () => {
  const answer = await client.chat.completions.create({
    ...chat,
    max_completion_tokens: 80,
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "person",
        strict: true,
        schema: { type: "object", properties: { just: { type: "boolean" } }, required: ["just"], additionalProperties: false },
      },
    },
  });
  assert.equal(typeof JSON.parse(answer.choices[0].message.content).just, "boolean");
});

await check("log-probabilities", async () => {
  const answer = await client.chat.completions.create({ ...chat, logprobs: true, top_logprobs: 2 });
  assert.equal(answer.choices[0].logprobs.content.length, 16);
  assert.equal(answer.choices[0].logprobs.content[0].top_logprobs.length, 2);
});

await check("completions, several prompts", async () => {
  const answer = await client.completions.create({ model: "scripture-gpt", prompt: ["And", "The"], max_tokens: 4 });
  assert.equal(answer.choices.length, 2);
});

await check("embeddings: base64 by default, the same as floats", async () => {
  const base64 = await client.embeddings.create({ model: "encoder", input: ["A dog", "A cat"] });
  const floats = await client.embeddings.create({ model: "encoder", input: ["A dog", "A cat"], encoding_format: "float" });
  assert.equal(base64.data.length, 2);
  assert.deepEqual(Array.from(base64.data[1].embedding), Array.from(new Float32Array(floats.data[1].embedding)));
});

await check("pictures", async () => {
  const made = await client.images.generate({ model: "digits-gan", prompt: "7", n: 2, size: "28x28" });
  assert.equal(made.data.length, 2);
  assert.equal(Buffer.from(made.data[0].b64_json, "base64").subarray(1, 4).toString(), "PNG");
});

await check("abort of a stream and of a whole answer frees the place", async () => {
  const stream = await client.chat.completions.create({ ...unending, stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0].delta.content) break; // leaves the loop, which aborts
  }
  await idle();
  const abort = new AbortController();
  const whole = client.chat.completions.create(unending, { signal: abort.signal });
  setTimeout(() => abort.abort(), 100);
  await assert.rejects(whole, OpenAI.APIUserAbortError);
  await idle();
});

await check("429 when the queue is full; with retries all come through", async () => {
  const all = await Promise.allSettled(Array.from({ length: 12 }, () => client.chat.completions.create(unending)));
  const refused = all.filter((each) => each.status === "rejected");
  assert.ok(refused.length >= 1 && refused.length <= 10, String(refused.length));
  assert.ok(refused.every((each) => each.reason instanceof OpenAI.RateLimitError && each.reason.headers.get("retry-after") === "2"));
  const patient = new OpenAI({ baseURL: url + "/v1", apiKey: "sesame", maxRetries: 10 });
  const retried = await Promise.all(Array.from({ length: 6 }, () => patient.chat.completions.create(unending)));
  assert.ok(retried.every((each) => each.usage.completion_tokens === 200));
});

await check("wrong key, unknown model, wrong field", async () => {
  const other = new OpenAI({ baseURL: url + "/v1", apiKey: "wrong", maxRetries: 0 });
  await assert.rejects(other.chat.completions.create(chat), OpenAI.AuthenticationError);
  await assert.rejects(client.chat.completions.create({ ...chat, model: "gpt-9" }), (e) => e instanceof OpenAI.NotFoundError && e.code === "model_not_found");
  await assert.rejects(client.chat.completions.create({ ...chat, temperature: 9 }), (e) => e instanceof OpenAI.BadRequestError && e.param === "temperature");
});

console.log(`${passed} checks passed`);
