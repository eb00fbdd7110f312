// The clients of scripts/load-test; ends with an error where an answer differs, is lost, or something is left behind.

import http from "node:http";
import fs from "node:fs";
import assert from "node:assert/strict";

const [url, pid, requests, clients, most] = [process.argv[2], ...process.argv.slice(3).map(Number)];
const agent = new http.Agent({ keepAlive: true, maxSockets: Infinity });

/** A generator of Park and Miller, so that each run asks the same. */
let state = 20261201;
const random = () => (state = (state * 48271) % 2147483647) / 2147483647;

const words = "And God said unto Noah that the waters of the land were before him and he went out".split(" ");
const asked = Array.from({ length: requests }, (_, i) => ({
  model: "it",
  prompt: Array.from({ length: 1 + Math.floor(random() * 12) }, () => words[Math.floor(random() * words.length)]).join(" "),
  max_tokens: Math.round(4 * (most / 4) ** random()),
  temperature: i % 2 ? 0.8 : 0,
  seed: i,
  stream: true,
}));
// None ends before its length: the work is the same in each round.
for (const each of asked) each.min_tokens = each.max_tokens;

/** One answer: its text, and when its first piece came; `leave` goes away after that. */
function ask(body, leave = false) {
  return new Promise((done, fail) => {
    const begin = performance.now();
    let first = 0;
    let text = "";
    let held = "";
    const request = http.request(url + "/v1/completions", { method: "POST", agent: leave ? undefined : agent, headers: { "Content-Type": "application/json" } }, (response) => {
      if (response.statusCode !== 200) fail(new Error("status " + response.statusCode));
      response.setEncoding("utf8");
      response.on("data", (piece) => {
        held += piece;
        let end;
        while ((end = held.indexOf("\n\n")) >= 0) {
          const event = held.slice(0, end);
          held = held.slice(end + 2);
          if (!event.startsWith("data: {")) {
            if (event.startsWith("event: error")) fail(new Error(event));
            continue;
          }
          text += JSON.parse(event.slice(6)).choices[0]?.text ?? "";
          first ||= performance.now() - begin;
          if (leave) {
            request.destroy();
            done();
            return;
          }
        }
      });
      response.on("end", () => done({ text, first, whole: performance.now() - begin }));
    });
    request.on("error", (error) => (leave ? done() : fail(error)));
    request.end(JSON.stringify(body));
  });
}

async function metric(name) {
  const text = await (await fetch(url + "/metrics")).text();
  const line = text.split("\n").find((each) => each.startsWith(name + "{") || each.startsWith(name + " "));
  return line ? Number(line.slice(line.lastIndexOf(" "))) : 0;
}

const proc = (key) => Number(fs.readFileSync(`/proc/${pid}/status`, "utf8").match(new RegExp(key + ":\\s+(\\d+)"))[1]);
/** Processor seconds of the server so far: what a machine with other work on it tells more reliably than the clock. */
const cpu = () => fs.readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13).reduce((a, b) => a + Number(b), 0) / 100;
const median = (all) => all.slice().sort((a, b) => a - b)[Math.floor(all.length / 2)];

async function round(count) {
  const answers = new Array(asked.length);
  let next = 0;
  const steps = await metric("sampo_steps");
  const used = cpu();
  const begin = performance.now();
  await Promise.all(
    Array.from({ length: count }, async () => {
      while (next < asked.length) {
        const i = next++;
        answers[i] = await ask(asked[i]);
      }
    }),
  );
  const seconds = (performance.now() - begin) / 1000;
  return { answers, seconds, cpu: cpu() - used, steps: (await metric("sampo_steps")) - steps };
}

const total = asked.reduce((sum, each) => sum + each.max_tokens, 0);
await ask({ ...asked[0], max_tokens: 8, min_tokens: 8 }); // the first request of all warms up
const alone = await round(1);
console.log(`one by one: ${requests} requests, ${total} tokens in ${alone.seconds.toFixed(1)} s: ${(total / alone.seconds).toFixed(0)} tokens a second, ${alone.cpu.toFixed(1)} s of processor time`);
const memory = [];
let together;
for (let i = 0; i < 2; i++) {
  together = await round(clients);
  memory.push(proc("VmRSS") / 1024);
  const step = (together.seconds * 1000) / Math.max(1, together.steps);
  const firsts = together.answers.map((each) => each.first);
  console.log(
    `${clients} clients: ${together.seconds.toFixed(1)} s, ${(total / together.seconds).toFixed(0)} tokens a second, ` +
      `${(alone.seconds / together.seconds).toFixed(2)} times as fast; ${together.cpu.toFixed(1)} s of processor time, a ${(alone.cpu / together.cpu).toFixed(2)}th; ${together.steps} steps of ${step.toFixed(1)} ms; ` +
      `first token after ${median(firsts).toFixed(0)} ms in the median (${(median(firsts) / step).toFixed(1)} steps); ${memory[i].toFixed(0)} MB resident`,
  );
  const different = asked.filter((_, k) => together.answers[k].text !== alone.answers[k].text).length;
  console.log(`answers that differ from those alone: ${different} of ${requests}`);
  assert.equal(different, 0);
}

// Those that vanish.
const threads = proc("Threads");
for (let i = 0; i < 2; i++) {
  await Promise.all(Array.from({ length: 100 }, (_, k) => ask({ ...asked[k % asked.length], max_tokens: most, min_tokens: 64 }, true)));
  const begin = performance.now();
  while ((await metric("sampo_running")) + (await metric("sampo_queue")) + (await metric("sampo_http_active")) > 0) {
    assert.ok(performance.now() - begin < 10_000, "something still runs");
    await new Promise((done) => setTimeout(done, 20));
  }
  console.log(`100 clients vanished: nothing of them runs or waits ${(performance.now() - begin).toFixed(0)} ms later`);
}
agent.destroy();
const end = performance.now();
while (proc("Threads") > threads) {
  assert.ok(performance.now() - end < 60_000, `${proc("Threads")} threads, ${threads} before`);
  await new Promise((done) => setTimeout(done, 500));
}
console.log(`threads of the server: ${threads} before they came, ${proc("Threads")} after; ${(proc("VmRSS") / 1024).toFixed(0)} MB resident`);
