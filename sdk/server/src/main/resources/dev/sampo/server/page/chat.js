// Conversations, and texts that are continued.

import { stream, problem } from "./api.js";
import { options } from "./page.js";

const $ = (id) => document.getElementById(id);
let models = [];
let turns = [];
let abort = null;
let started = false;

export function startChat(found) {
  models = found;
  options($("chat-model"), models);
  fit();
  if (started) return;
  started = true;
  $("chat-model").addEventListener("change", () => { fit(); restart(); });
  $("chat-mode").addEventListener("change", restart);
  $("chat-new").addEventListener("click", () => { restart(); $("chat-text").focus(); });
  $("chat-stop").addEventListener("click", () => abort && abort.abort());
  $("chat-form").addEventListener("submit", (event) => { event.preventDefault(); send(); });
  $("chat-text").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      send();
    }
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape" && abort) abort.abort(); });
  $("chat-log").addEventListener("mouseover", (event) => tip(event.target));
  $("chat-log").addEventListener("mouseout", () => tip(null));
  $("chat-log").addEventListener("focusin", (event) => tip(event.target));
  $("chat-log").addEventListener("focusout", () => tip(null));
  $("chat-log").addEventListener("keydown", walk);
}

function current() {
  return models.find((each) => each.id === $("chat-model").value);
}

/** Models without a template cannot converse, and some do nothing else. */
function fit() {
  const model = current();
  if (!model) return;
  const does = model.sampo.does;
  for (const option of $("chat-mode").options) {
    option.disabled = !does.includes(option.value === "chat" ? "chat" : "completions");
  }
  if ($("chat-mode").selectedOptions[0].disabled) {
    $("chat-mode").value = does.includes("chat") ? "chat" : "plain";
  }
  empty();
}

function empty() {
  $("chat-log").dataset.empty =
    $("chat-mode").value === "chat"
      ? "Say something: the answer streams in here."
      : "Write the beginning of a text: the model goes on from it.";
}

function restart() {
  if (abort) abort.abort();
  turns = [];
  $("chat-log").replaceChildren();
  $("chat-status").textContent = "";
  empty();
}

function turn(role) {
  const element = document.createElement("div");
  element.className = "turn " + role;
  $("chat-log").append(element);
  return element;
}

function settings() {
  const body = { model: $("chat-model").value, stream: true, stream_options: { include_usage: true } };
  if ($("chat-temperature").value !== "") body.temperature = Number($("chat-temperature").value);
  if ($("chat-tokens").value !== "") body.max_tokens = Number($("chat-tokens").value);
  if ($("chat-seed").value !== "") body.seed = Number($("chat-seed").value);
  return body;
}

async function send() {
  const text = $("chat-text").value;
  if (!text.trim() || abort) return;
  const chat = $("chat-mode").value === "chat";
  const body = settings();
  const probs = $("chat-probs").checked;
  let answer;
  if (chat) {
    turns.push({ role: "user", content: text });
    turn("user").textContent = text;
    answer = turn("assistant");
    Object.assign(body, { messages: turns }, probs ? { logprobs: true, top_logprobs: 5 } : {});
  } else {
    answer = turn("assistant plain");
    const given = document.createElement("span");
    given.className = "given";
    // What an encoder reads is not gone on from.
    given.textContent = current().sampo.encoder_decoder ? text + "\n" : text;
    answer.append(given);
    Object.assign(body, { prompt: text }, probs ? { logprobs: 5 } : {});
    if (current().sampo.attention) body.attention = true;
  }
  $("chat-text").value = "";
  $("problem").hidden = true;
  await read(chat, body, answer);
}

async function read(chat, body, answer) {
  abort = new AbortController();
  $("chat-send").disabled = true;
  $("chat-stop").disabled = false;
  answer.classList.add("waiting");
  $("chat-status").textContent = "waiting for the first token (Esc stops)";
  const begin = performance.now();
  let first = 0;
  let content = "";
  let usage = null;
  let note = "";
  try {
    const path = chat ? "v1/chat/completions" : "v1/completions";
    for await (const event of stream(path, body, abort.signal)) {
      const choice = event.choices[0];
      if (event.usage) usage = event.usage;
      if (!choice) continue;
      const piece = chat ? choice.delta.content || "" : choice.text;
      if (piece && !first) first = performance.now();
      content += piece;
      show(answer, piece, choice.logprobs, chat);
      if (choice.attention) looked(answer, choice.attention);
      if (choice.finish_reason === "length") note = "cut at the number of tokens";
    }
  } catch (error) {
    if (error.name === "AbortError") note = "stopped";
    else {
      problem(error);
      note = "failed";
    }
  }
  answer.classList.remove("waiting");
  if (chat) turns.push({ role: "assistant", content });
  if (note) {
    const remark = document.createElement("span");
    remark.className = "note";
    remark.textContent = note;
    answer.append(remark);
  }
  status(usage, begin, first);
  abort = null;
  $("chat-send").disabled = false;
  $("chat-stop").disabled = true;
}

function status(usage, begin, first) {
  const seconds = (performance.now() - (first || begin)) / 1000;
  const parts = [];
  if (usage) {
    parts.push(`${usage.prompt_tokens} tokens read, ${usage.completion_tokens} written`);
    if (seconds > 0 && usage.completion_tokens > 1) {
      parts.push(`${((usage.completion_tokens - 1) / seconds).toFixed(0)} a second`);
    }
  }
  if (first) parts.push(`first after ${Math.round(first - begin)} ms`);
  $("chat-status").textContent = parts.join(" · ");
}

function show(answer, piece, logprobs, chat) {
  const log = $("chat-log");
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const tokens = logprobs ? (chat ? logprobs.content : plainTokens(logprobs)) : [];
  if (tokens.map((token) => token.token).join("") === piece && piece) {
    for (const token of tokens) answer.append(span(token));
  } else if (piece) {
    // Text and tokens do not meet where characters are cut: the piece is one, with the chances of its last token.
    const last = tokens[tokens.length - 1];
    answer.append(last ? span({ ...last, shown: piece }) : piece);
  }
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function plainTokens(logprobs) {
  return logprobs.tokens.map((token, i) => ({
    token,
    logprob: logprobs.token_logprobs[i],
    top_logprobs: Object.entries(logprobs.top_logprobs[i]).map(([t, logprob]) => ({ token: t, logprob })),
  }));
}

/** A token; the less probable it was, the stronger its line. */
function span(token) {
  const element = document.createElement("span");
  element.className = "token";
  element.tabIndex = -1;
  element.textContent = token.shown ?? token.token;
  const chance = Math.exp(token.logprob);
  element.style.borderBottomColor = `rgb(214 120 30 / ${(1 - chance).toFixed(2)})`;
  element.dataset.chances = JSON.stringify({
    token: token.token,
    logprob: token.logprob,
    top: token.top_logprobs.map((each) => [each.token, each.logprob]),
  });
  return element;
}

/** What a model wrote, with where it looked: each token shades what it was written from. */
function looked(answer, attention) {
  const line = (tokens, name) => {
    const element = document.createElement("span");
    element.className = name;
    for (const token of tokens) {
      const part = document.createElement("span");
      part.textContent = token === "" || token === null ? "·" : token;
      element.append(part);
    }
    return element;
  };
  const count = attention.weights[0].length;
  const source = line(attention.source.slice(0, count), "source");
  const written = line(attention.tokens, "written");
  [...written.children].forEach((part, i) => {
    part.className = "token";
    part.tabIndex = -1;
    const shade = (on) => {
      [...source.children].forEach((from, k) => {
        const weight = on && attention.weights[i] ? attention.weights[i][k] : 0;
        from.style.background = weight > 0.02 ? `rgb(214 120 30 / ${Math.min(0.85, weight).toFixed(2)})` : "";
      });
    };
    for (const event of ["mouseenter", "focus"]) part.addEventListener(event, () => shade(true));
    for (const event of ["mouseleave", "blur"]) part.addEventListener(event, () => shade(false));
  });
  const box = document.createElement("div");
  box.className = "looked";
  const hint = document.createElement("span");
  hint.className = "note";
  hint.textContent = "where it looked: point at a token below, or go there with the arrow keys";
  box.append(hint, source, written);
  answer.append(box);
}

/** Arrow keys go from token to token. */
function walk(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tokens = [...$("chat-log").querySelectorAll(".token")];
  if (!tokens.length) return;
  const at = tokens.indexOf(document.activeElement);
  const to = at < 0 ? (step > 0 ? 0 : tokens.length - 1) : Math.min(tokens.length - 1, Math.max(0, at + step));
  event.preventDefault();
  tokens[to].focus();
}

function tip(element) {
  const box = $("tip");
  if (!element || !element.dataset || !element.dataset.chances) {
    box.hidden = true;
    return;
  }
  const { token, logprob, top } = JSON.parse(element.dataset.chances);
  const rows = top.some(([text]) => text === token) ? top : [...top, [token, logprob]];
  const table = document.createElement("table");
  for (const [text, log] of rows) {
    const row = table.insertRow();
    if (text === token) row.className = "chosen";
    row.insertCell().textContent = JSON.stringify(text).slice(1, -1).replaceAll(" ", "␣");
    row.insertCell().textContent = (Math.exp(log) * 100).toFixed(1).padStart(5) + " %";
    const share = document.createElement("span");
    share.className = "share";
    share.style.width = Math.max(1, Math.exp(log) * 80) + "px";
    row.insertCell().append(share);
  }
  box.replaceChildren(table);
  box.hidden = false;
  const at = element.getBoundingClientRect();
  box.style.left = Math.max(4, Math.min(at.left, innerWidth - box.offsetWidth - 8)) + "px";
  const above = at.top - box.offsetHeight - 6;
  box.style.top = (above > 4 ? above : at.bottom + 6) + "px";
}
