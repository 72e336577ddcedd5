// Keys, waiting signs and the sync's progress. Every page works without this file.
"use strict";
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const typing = (target) => target.closest("input, select, textarea, [contenteditable]");
  const rows = () => all("tr[data-row] td:first-child a, .tiles a");

  function move(step) {
    const links = rows();
    if (!links.length) return false;
    const at = links.indexOf(document.activeElement);
    links[Math.max(0, Math.min(links.length - 1, at < 0 ? 0 : at + step))].focus();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const find = document.querySelector("[data-find]");
    const pressed = all("[data-key]").find((one) => one.dataset.key === event.key);
    let done = true;
    if (event.key === "/" && find) { find.focus(); find.select(); }
    else if (event.key === "j" || event.key === "ArrowDown") done = move(1);
    else if (event.key === "k" || event.key === "ArrowUp") done = move(-1);
    else if (event.key === "?") document.getElementById("help")?.showModal();
    else if (pressed) pressed.click();
    else done = false;
    if (done) event.preventDefault();
  });

  all("[data-help]").forEach((one) => one.addEventListener("click", () => document.getElementById("help").showModal()));
  all("[data-submit]").forEach((one) => one.addEventListener("change", () => one.form.requestSubmit()));

  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.target.method === "dialog" || !button) return;
    const said = button.textContent;
    setTimeout(() => { button.disabled = true; button.setAttribute("aria-busy", "true"); button.textContent = "请稍候……"; });
    const back = () => { button.disabled = false; button.removeAttribute("aria-busy"); button.textContent = said; };
    setTimeout(back, 15000); // a download leaves the page as it is
    window.addEventListener("pageshow", back, { once: true });
  });

  const box = document.querySelector("[data-poll]");
  async function look() {
    try {
      const told = await (await fetch(box.dataset.poll)).json();
      box.querySelector("[data-lines]").textContent = told.lines.join("\n");
      if (!told.running) { location.reload(); return; }
    } catch { /* the next look may do better */ }
    setTimeout(look, 1500);
  }
  if (box) look();
})();
