"use strict";
// Tables sort by the column whose name is pressed; without this script they stay as they are written.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  if (body.rows.length < 3) continue;
  const heads = Array.from(table.tHead.rows[0].cells);
  heads.forEach((head, place) => {
    if (Array.from(body.rows).some((row) => row.cells[place].querySelector("svg"))) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const isNumber = head.classList.contains("number");
      const now = head.getAttribute("aria-sort");
      const rising = now ? now === "descending" : !isNumber;
      const value = (row) => row.cells[place].dataset.value;
      const compare = (a, b) => {
        if (!isNumber) return a.cells[place].textContent.localeCompare(b.cells[place].textContent);
        return Number(value(a)) - Number(value(b));
      };
      const isMissing = (row) => isNumber && value(row) === undefined;
      const rows = Array.from(body.rows).sort(
        (a, b) => isMissing(a) - isMissing(b) || (rising ? compare(a, b) : compare(b, a)) || 0
      );
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", rising ? "ascending" : "descending");
      body.append(...rows);
    });
  });
}
// On paper nothing can be unfolded.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
});
