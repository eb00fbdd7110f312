// Pictures, and a gallery of what was made.

import { post, problem } from "./api.js";
import { options } from "./page.js";

const $ = (id) => document.getElementById(id);
let models = [];
let abort = null;
let started = false;

export function startPictures(found) {
  models = found;
  options($("pictures-model"), models);
  fit();
  if (started) return;
  started = true;
  $("pictures-model").addEventListener("change", () => { $("pictures-prompt").value = ""; fit(); });
  $("pictures-form").addEventListener("submit", (event) => { event.preventDefault(); make(); });
  $("pictures-stop").addEventListener("click", () => abort && abort.abort());
}

function model() {
  return models.find((each) => each.id === $("pictures-model").value);
}

function fit() {
  const chosen = model();
  if (!chosen) return;
  const { takes_text: text, classes = [], steps } = chosen.sampo;
  $("pictures-steps-label").hidden = !steps;
  $("pictures-prompt").placeholder = text
    ? "what the picture shows"
    : classes.length ? "classes, with commas between: " + classes.slice(0, 4).join(", ") : "this model takes none";
  $("pictures-prompt").disabled = !text && !classes.length;
  $("pictures-classes").replaceChildren(...(text ? [] : classes.map((name) => new Option(name, name))));
}

function wish() {
  const body = { model: $("pictures-model").value, prompt: $("pictures-prompt").value };
  body.n = Number($("pictures-count").value) || 1;
  if ($("pictures-seed").value !== "") body.seed = Number($("pictures-seed").value);
  if (model().sampo.steps && $("pictures-steps").value !== "") {
    body.num_inference_steps = Number($("pictures-steps").value);
  }
  return body;
}

async function make() {
  if (abort || !model()) return;
  const body = wish();
  abort = new AbortController();
  $("pictures-make").disabled = true;
  $("pictures-stop").disabled = false;
  $("problem").hidden = true;
  const begin = performance.now();
  const ticker = setInterval(() => {
    $("pictures-status").textContent = `at work for ${((performance.now() - begin) / 1000).toFixed(0)} s`;
  }, 500);
  $("pictures-status").textContent = "at work";
  try {
    const made = await post("v1/images/generations", body, abort.signal);
    const seconds = (performance.now() - begin) / 1000;
    $("pictures-status").textContent = `${made.data.length} pictures in ${seconds.toFixed(2)} s`;
    $("gallery").prepend(card(body, made, seconds));
  } catch (error) {
    $("pictures-status").textContent = error.name === "AbortError" ? "stopped" : "";
    problem(error);
  }
  clearInterval(ticker);
  abort = null;
  $("pictures-make").disabled = false;
  $("pictures-stop").disabled = true;
}

function card(body, made, seconds) {
  const element = document.createElement("article");
  element.className = "card";
  const shots = document.createElement("div");
  shots.className = "shots";
  made.data.forEach((each, i) => {
    const link = document.createElement("a");
    link.href = "data:image/png;base64," + each.b64_json;
    link.download = `${body.model}-${made.sampo.seed}-${i}.png`;
    link.title = "Save this picture";
    const image = document.createElement("img");
    image.src = link.href;
    image.alt = `${body.model}: ${body.prompt || "without a prompt"}, seed ${made.sampo.seed}, number ${i + 1}`;
    link.append(image);
    shots.append(link);
  });
  const facts = document.createElement("dl");
  const add = (name, value) => {
    if (value === undefined || value === "" || value === null) return;
    const term = document.createElement("dt");
    term.textContent = name;
    const text = document.createElement("dd");
    text.textContent = value;
    facts.append(term, text);
  };
  add("model", body.model);
  add("prompt", body.prompt);
  add("seed", made.sampo.seed);
  add("steps", body.num_inference_steps);
  add("scheduler", made.sampo.settings.scheduler);
  add("time", seconds.toFixed(2) + " s");
  const again = document.createElement("button");
  again.type = "button";
  again.className = "quiet";
  again.textContent = "Use these settings";
  again.addEventListener("click", () => {
    $("pictures-model").value = body.model;
    fit();
    $("pictures-prompt").value = body.prompt;
    $("pictures-seed").value = made.sampo.seed;
    $("pictures-steps").value = body.num_inference_steps ?? "";
    $("pictures-count").value = body.n;
    $("pictures-make").focus();
  });
  element.append(shots, facts, again);
  return element;
}
