// A figure shows the frame that its controls pick; without this script it shows the first.
for (const figure of document.querySelectorAll("figure.interactive")) {
  const frames = Array.from(figure.querySelectorAll(".frame"));
  const controls = Array.from(figure.querySelectorAll(".controls input, .controls select"));
  const show = () => {
    let place = 0;
    for (const control of controls) {
      const names = control.dataset.names?.split("|");
      place = place * (names ?? control.options).length + Number(control.value);
      if (!names) continue;
      const name = names[Number(control.value)];
      control.nextElementSibling.textContent = name;
      control.setAttribute("aria-valuetext", name);
    }
    frames.forEach((frame, number) => { frame.hidden = number !== place; });
  };
  for (const control of controls) {
    for (const moved of ["input", "change"]) control.addEventListener(moved, show);
  }
  figure.querySelector(".controls").hidden = false;
  show();
}
