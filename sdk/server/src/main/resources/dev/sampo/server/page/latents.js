// A latent by its numbers.

import { post, problem } from "./api.js";
import { options } from "./page.js";

const $ = (id) => document.getElementById(id);
const MOST_SLIDERS = 128;
let models = [];
let latent = [];
let busy = false;
let again = false;
let started = false;

export function startLatents(found) {
  models = found;
  options($("latents-model"), models);
  if (models.length) fit();
  if (started) return;
  started = true;
  $("latents-model").addEventListener("change", fit);
  $("latents-class").addEventListener("change", decode);
  $("latents-draw").addEventListener("click", draw);
  $("latents-zero").addEventListener("click", () => set(latent.map(() => 0)));
  $("sliders").addEventListener("input", (event) => {
    const at = Number(event.target.dataset.at);
    latent[at] = Number(event.target.value);
    event.target.parentElement.querySelector("output").textContent = latent[at].toFixed(2);
    decode();
  });
}

function model() {
  return models.find((each) => each.id === $("latents-model").value);
}

function fit() {
  const { classes, decodes_classes: labelled, latent_size: size } = model().sampo;
  $("latents-class-label").hidden = !labelled;
  $("latents-class").replaceChildren(...classes.map((name, i) => new Option(name, String(i))));
  const count = Math.min(size, MOST_SLIDERS);
  const all = [];
  for (let i = 0; i < count; i++) {
    const label = document.createElement("label");
    const number = document.createElement("span");
    number.className = "nr";
    number.textContent = String(i + 1);
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = "-3";
    slider.max = "3";
    slider.step = "0.01";
    slider.dataset.at = String(i);
    slider.setAttribute("aria-label", `Number ${i + 1} of the latent`);
    const value = document.createElement("output");
    label.append(number, slider, value);
    all.push(label);
  }
  $("sliders").replaceChildren(...all);
  latent = new Array(size).fill(0);
  draw();
}

function set(values) {
  latent = values.slice();
  for (const slider of $("sliders").querySelectorAll("input")) {
    const value = latent[Number(slider.dataset.at)];
    // What lies beyond the slider stays as it is until it is moved.
    slider.value = String(value);
    slider.parentElement.querySelector("output").textContent = value.toFixed(2);
  }
  decode();
}

/** What the model would draw from a seed. */
async function draw() {
  try {
    const body = { model: model().id, n: 1, seed: Number($("latents-seed").value) || 0, prompt: "" };
    if (model().sampo.decodes_classes) body.class_label = Number($("latents-class").value);
    const made = await post("v1/images/generations", body);
    set((made.sampo.latents || [latent])[0]);
  } catch (error) {
    problem(error);
  }
}

/** One request at a time; what moved meanwhile is in the next. */
async function decode() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  do {
    again = false;
    try {
      const body = { model: model().id, latents: [latent] };
      if (model().sampo.decodes_classes) body.class_label = Number($("latents-class").value);
      const begin = performance.now();
      const made = await post("sampo/latents", body);
      $("latents-picture").src = "data:image/png;base64," + made.data[0].b64_json;
      $("latents-status").textContent = `decoded in ${Math.round(performance.now() - begin)} ms`;
    } catch (error) {
      problem(error);
    }
  } while (again);
  busy = false;
}
