"use strict";
// Names and values come from a model's author, so they are only ever put into the page as text.
const make = (tag, text = "", properties = {}) => Object.assign(document.createElement(tag), { textContent: text }, properties);
const byId = (id) => document.getElementById(id);

async function ask(address, body) {
  const headers = {};
  if (byId("token").value) headers.Authorization = `Bearer ${byId("token").value}`;
  if (body) headers["Content-Type"] = "application/json";
  const response = await fetch(address, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
  const told = await response.json();
  if (response.status === 401) byId("unlock").hidden = false;
  if (!response.ok) throw new Error(told.error);
  return told;
}

function cell(input, type) {
  if (input.value === "") return null;
  if (type === "boolean") return input.value === "true";
  const number = Number(input.value);
  return type === "number" && Number.isFinite(number) ? number : input.value;
}

function inputOf(name, schema, id) {
  const type = schema.type[0];
  if (type === "boolean") {
    const choice = make("select", "", { id });
    for (const value of ["", "true", "false"]) choice.append(make("option", value, { value }));
    choice.value = String(schema.examples[0]);
    return [choice];
  }
  const input = make("input", "", { id, autocomplete: "off", value: String(schema.examples[0]) });
  if (type === "number") input.inputMode = "decimal";
  if (!schema["x-levels"]) return [input];
  const list = make("datalist", "", { id: `${id}-levels` });
  for (const level of schema["x-levels"]) list.append(make("option", "", { value: level }));
  input.setAttribute("list", list.id);
  return [input, list];
}

const shown = (value) => (typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value));

function show(place, told) {
  const lines = [["prediction", [told.predictions[0]].flat().map(shown).join(", ")]];
  if (told.intervals) lines.push(["90% interval", told.intervals[0].flat().map(shown).join(" to ")]);
  if (told.unusual && told.unusual[0]) lines.push(["unlike the training rows", told.unusual[0]]);
  for (const [name, share] of Object.entries(told.probabilities ? told.probabilities[0] : {})) {
    lines.push([`probability of ${name}`, shown(share)]);
  }
  const table = make("table");
  for (const [name, value] of lines) {
    const row = table.insertRow();
    row.append(make("th", name, { scope: "row" }), make("td", value, { className: "number" }));
  }
  place.replaceChildren(table);
}

function formOf(path, operation, schemas, number) {
  const asked = operation.requestBody.content["application/json"].schema.properties;
  const row = schemas[asked.rows.items.$ref.split("/").pop()];
  const form = make("form", "", { className: "row" });
  const inputs = Object.entries(row.properties).map(([name, schema], place) => {
    const id = `cell-${number}-${place}`;
    const [input, ...rest] = inputOf(name, schema, id);
    const label = make("label", name, { htmlFor: id });
    const about = make("span", `${schema.description}; empty if missing`, { className: "about" });
    form.append(label, input, about, ...rest);
    return [name, input, schema.type[0]];
  });
  const told = make("div", "", { className: "told" });
  told.setAttribute("aria-live", "polite");
  const end = make("div", "", { className: "end" });
  end.append(make("button", "Predict"));
  form.append(end);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const body = { rows: [Object.fromEntries(inputs.map(([name, input, type]) => [name, cell(input, type)]))] };
    if (asked.interval && asked.interval.maximum >= 0.9) body.interval = 0.9;
    try {
      show(told, await ask(path.slice(1), body));
    } catch (error) {
      told.replaceChildren(make("p", error.message, { className: "wrong" }));
    }
  });
  const section = make("section");
  section.append(make("h2", operation.summary), make("p", row.description), form, told);
  return section;
}

async function begin() {
  byId("problem").textContent = "";
  try {
    const { paths, components } = await ask("openapi.json");
    byId("unlock").hidden = true;
    const models = Object.entries(paths).filter(([path]) => path.startsWith("/models/") && path.endsWith("/predict"));
    byId("models").replaceChildren(...models.map(([path, { post }], number) => formOf(path, post, components.schemas, number)));
  } catch (error) {
    byId("problem").textContent = error.message;
  }
}

byId("unlock").addEventListener("submit", (event) => {
  event.preventDefault();
  begin();
});
begin();
