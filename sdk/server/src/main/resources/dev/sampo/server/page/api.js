// Requests to the server that the page came from.

export const key = {
  get: () => sessionStorage.getItem("sampo-key") || "",
  set: (value) => sessionStorage.setItem("sampo-key", value),
};

function headers() {
  const all = { "Content-Type": "application/json" };
  if (key.get()) all.Authorization = "Bearer " + key.get();
  return all;
}

/** An error of the server, with its status. */
export class ServerError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function refused(response) {
  let message = response.status + " " + response.statusText;
  try {
    message = (await response.json()).error.message;
  } catch {
    // No JSON: the status has to do.
  }
  return new ServerError(response.status, message);
}

export async function get(path) {
  const response = await fetch(path, { headers: headers() });
  if (!response.ok) throw await refused(response);
  return response.json();
}

export async function post(path, body, signal) {
  const response = await fetch(path, { method: "POST", headers: headers(), body: JSON.stringify(body), signal });
  if (!response.ok) throw await refused(response);
  return response.json();
}

/** The events of a stream. */
export async function* stream(path, body, signal) {
  const response = await fetch(path, { method: "POST", headers: headers(), body: JSON.stringify(body), signal });
  if (!response.ok) throw await refused(response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let held = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    held += value;
    let end;
    while ((end = held.indexOf("\n\n")) >= 0) {
      const lines = held.slice(0, end).split("\n");
      held = held.slice(end + 2);
      const data = lines.filter((line) => line.startsWith("data: ")).map((line) => line.slice(6)).join("\n");
      if (!data || data === "[DONE]") continue;
      const json = JSON.parse(data);
      if (json.error) throw new ServerError(500, json.error.message);
      yield json;
    }
  }
}

let report = () => {};

/** Who shows problems. */
export function onProblem(show) {
  report = show;
}

export function problem(error) {
  if (error && error.name === "AbortError") return;
  report(error);
}
