// Tabs, the key, and what all parts share.

import { get, key, onProblem, problem } from "./api.js";
import { startChat } from "./chat.js";
import { startPictures } from "./pictures.js";
import { startLatents } from "./latents.js";

const $ = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll("[role=tab]")];

function choose(tab, focus) {
  for (const each of tabs) {
    const chosen = each === tab;
    each.setAttribute("aria-selected", String(chosen));
    each.tabIndex = chosen ? 0 : -1;
    $(each.getAttribute("aria-controls")).hidden = !chosen;
  }
  if (focus) tab.focus();
  history.replaceState(null, "", "#" + tab.id.slice(4));
  $("problem").hidden = true;
}

for (const tab of tabs) {
  tab.addEventListener("click", () => choose(tab, false));
  tab.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    choose(tabs[(to + tabs.length) % tabs.length], true);
  });
}

onProblem((error) => {
  $("problem").textContent = error.message || String(error);
  $("problem").hidden = false;
  if (error.status === 401) askKey();
});

function askKey() {
  const dialog = $("key-dialog");
  if (dialog.open) return;
  $("key-input").value = key.get();
  dialog.showModal();
}

$("key-button").addEventListener("click", askKey);
$("key-dialog").addEventListener("close", () => {
  if ($("key-dialog").returnValue !== "ok") return;
  key.set($("key-input").value.trim());
  $("problem").hidden = true;
  load();
});

async function load() {
  let models;
  try {
    models = (await get("v1/models")).data;
  } catch (error) {
    problem(error);
    return;
  }
  const can = (what) => models.filter((model) => model.sampo.does.includes(what));
  const parts = {
    chat: models.filter((model) => model.sampo.does.some((what) => what === "chat" || what === "completions")),
    pictures: can("images"),
    latents: can("latents"),
  };
  for (const tab of tabs) tab.hidden = parts[tab.id.slice(4)].length === 0;
  startChat(parts.chat);
  startPictures(parts.pictures);
  startLatents(parts.latents);
  const wanted = tabs.find((tab) => tab.id === "tab-" + location.hash.slice(1) && !tab.hidden);
  const first = wanted || tabs.find((tab) => !tab.hidden);
  if (first) choose(first, false);
  else problem(new Error("None of the models of this server has a part on this page."));
}

/** Fills a selection with models. */
export function options(select, models) {
  const before = select.value;
  select.replaceChildren(...models.map((model) => new Option(model.id, model.id)));
  if (models.some((model) => model.id === before)) select.value = before;
}

load();
