"use strict";
// Every page works without this; it spares clicks, and shows training and predictions as they change.
const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

for (const form of document.querySelectorAll("[data-drop]")) {
  const input = form.querySelector("input[type=file]");
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("over"); });
  form.addEventListener("dragleave", () => form.classList.remove("over"));
  form.addEventListener("drop", (event) => {
    event.preventDefault();
    form.classList.remove("over");
    if (!event.dataTransfer.files.length) return;
    input.files = event.dataTransfer.files;
    form.requestSubmit();
  });
}

for (const status of document.querySelectorAll("[data-status]")) {
  status.closest("form").addEventListener("submit", () => { status.textContent = status.dataset.busy; });
}

for (const select of document.querySelectorAll("select[data-auto]")) {
  select.addEventListener("change", () => select.form.requestSubmit(select.form.querySelector("[data-again]")));
}

async function watch(place) {
  for (;;) {
    await later(document.hidden ? 5000 : 1000);
    try {
      const answer = await fetch(place.dataset.live);
      if (answer.headers.get("x-netable-state") !== "running") { location.reload(); return; }
      place.innerHTML = await answer.text();
    } catch { /* netable ui was stopped: the training goes on, and so does this page when it is back */ }
  }
}
for (const place of document.querySelectorAll("[data-live]")) watch(place);

// The last question alone counts; an answer that comes later than a newer question is dropped.
function asking(form) {
  let question = 0;
  const ask = async (what, mine) => {
    const place = document.getElementById(what);
    const answer = await fetch(`${form.dataset.ask}/${what}`, { method: "POST", body: new FormData(form) });
    const text = await answer.text();
    if (mine === question && answer.ok) place.innerHTML = text;
  };
  const change = async () => {
    const mine = ++question;
    await later(120);
    if (mine === question) await ask("answer", mine);
    await later(300);
    if (mine === question) await ask("reasons", mine);
  };
  form.addEventListener("input", (event) => {
    const moved = event.target;
    if (moved.dataset.for) document.getElementById(moved.dataset.for).value = moved.value;
    const slider = form.querySelector(`[data-for="${moved.id}"]`);
    if (slider) slider.value = moved.value;
    change();
  });
  form.addEventListener("submit", (event) => { event.preventDefault(); change(); });
  change();
}
for (const form of document.querySelectorAll("[data-ask]")) asking(form);
