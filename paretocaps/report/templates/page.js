"use strict";
// what makes the parts of a page alive: `enliven` for those that are new, `redraw` for figures that have changed
const paretocaps = (() => {
  const NARROW = 560; // pixels of a plot below which numbers and margins are smaller
  const REST = 250; // ms between what is seen first and what takes long
  const drawn = new WeakMap(); // figures, and the promise that each is drawn

  const smaller = (layout) => {
    layout.font = { ...layout.font, size: 11 };
    layout.margin = { ...layout.margin, l: Math.min(layout.margin.l ?? 50, 50), r: 10 };
    if (layout.scene) layout.scene.camera = farther(layout.scene.camera);
    for (const [name, axis] of Object.entries(layout))
      if (/^[xy]axis/.test(name) && axis) axis.title = { ...axis.title, font: { size: 11 } };
  };

  const farther = ({ eye, ...rest }) => {
    const [x, y, z] = [eye.x, eye.y, eye.z].map((value) => 1.25 * value);
    return { ...rest, eye: { x, y, z } };
  };

  const arrays = new Map();
  const array = (number) => {
    if (!arrays.has(number)) arrays.set(number, JSON.parse(document.getElementById(`array-${number}`).textContent));
    return arrays.get(number);
  };
  // a page has long arrays once, however many figures show them
  const filled = (value) => {
    if (value === null || typeof value !== "object") return value;
    if ("shared" in value) return array(value.shared);
    for (const [name, own] of Object.entries(value)) value[name] = filled(own);
    return value;
  };

  const payload = (figure) => {
    const shown = JSON.parse(figure.querySelector("script").textContent);
    shown.data = filled(shown.data);
    const plot = figure.querySelector(".plot");
    if (plot.clientWidth < NARROW) smaller(shown.layout);
    const config = { ...shown.config, displayModeBar: innerWidth > 640 ? "hover" : false };
    return [plot, shown.data, { ...shown.layout, uirevision: "kept" }, config];
  };

  // plotly.js stands at the end of a report; a page that does not have it gives another `load`
  const whole = new Promise((done) => addEventListener("DOMContentLoaded", done));
  const library = { load: () => whole };

  const draw = (figure) => {
    if (!drawn.has(figure)) {
      const made = library.load().then(() => Plotly.newPlot(...payload(figure)));
      drawn.set(figure, made.then(() => performance.mark("figure drawn")));
    }
    return drawn.get(figure);
  };

  // a figure is drawn when it comes near the window, and each is seen before the next is begun, so that a page with
  // many opens at once; those in three dimensions, which take a second without a GPU, come last, when nothing else is done
  const idle = window.requestIdleCallback ?? setTimeout;
  const seen = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const rested = () => new Promise((done) => setTimeout(() => idle(done, { timeout: 2000 }), REST));
  const turns = (figure) => figure.querySelector("[data-turns]") !== null;
  const waiting = [];
  let drawing = false;
  const drawWaiting = async () => {
    if (drawing) return;
    drawing = true;
    await library.load();
    while (waiting.length) {
      if (waiting.every(turns)) await rested();
      const next = Math.max(waiting.findIndex((figure) => !turns(figure)), 0);
      await draw(...waiting.splice(next, 1)).catch(reportError);
      await seen();
    }
    drawing = false;
  };
  const near = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries)
        if (isIntersecting && !drawn.has(target) && !waiting.includes(target)) waiting.push(target);
      if (waiting.length) drawWaiting();
    },
    { rootMargin: "300px" },
  );
  addEventListener("beforeprint", () => document.querySelectorAll("figure.drawing").forEach(draw));

  const press = (button, on) => button.setAttribute("aria-pressed", String(on));
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";

  const views = (figure) => {
    const plot = figure.querySelector(".plot");
    const buttons = [...figure.querySelectorAll("[data-change]")];
    for (const button of buttons)
      button.addEventListener("click", async () => {
        await draw(figure);
        Plotly.relayout(plot, JSON.parse(button.dataset.change));
        buttons.forEach((other) => press(other, other === button));
      });
  };

  const names = (figure) => {
    const plot = figure.querySelector(".plot");
    const buttons = [...figure.querySelectorAll("[data-traces]")];
    const show = (button, on) => {
      press(button, on);
      Plotly.restyle(plot, { visible: on }, JSON.parse(button.dataset.traces));
    };
    for (const button of buttons) {
      button.addEventListener("click", async () => (await draw(figure), show(button, !pressed(button))));
      button.addEventListener("dblclick", () => {
        const alone = buttons.every((other) => other === button || !pressed(other));
        buttons.forEach((other) => show(other, alone || other === button));
      });
    }
  };

  // a figure that was drawn keeps its place, its camera and its zoom
  const redraw = (figure, fresh) => {
    for (const part of ["script", ".legend"]) {
      const [old, other] = [figure, fresh].map((one) => one.querySelector(part));
      if (old && other) old.replaceWith(document.importNode(other, true));
    }
    names(figure);
    if (drawn.has(figure)) drawn.get(figure).then(() => Plotly.react(...payload(figure)));
  };

  const number = (cell) => parseFloat(cell.dataset.value ?? cell.textContent);
  const compare = (a, b, numeric) => {
    if (!numeric) return a.textContent.localeCompare(b.textContent);
    const [one, two] = [number(a), number(b)];
    return Number.isNaN(one) || Number.isNaN(two) ? Number.isNaN(one) - Number.isNaN(two) : one - two;
  };

  const sorted = (table, column, down) => {
    const head = table.tHead.rows[0].cells[column], body = table.tBodies[0];
    const numeric = head.classList.contains("number");
    const rows = [...body.rows].sort(
      (a, b) => (down ? -1 : 1) * compare(a.cells[column], b.cells[column], numeric),
    );
    body.append(...rows);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  };

  const sortable = (table) =>
    [...table.tHead.rows[0].cells].forEach((head, column) =>
      head.querySelector("button")?.addEventListener("click", () =>
        sorted(table, column, head.getAttribute("aria-sort") === "ascending"),
      ),
    );

  const filtered = (input) => {
    const words = input.value.toLowerCase().split(/\s+/);
    for (const row of input.closest("section").querySelectorAll("table.sortable tbody tr"))
      row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
  };

  const download = (button) => {
    const text = JSON.parse(button.nextElementSibling.textContent);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = button.dataset.download;
    link.click();
    URL.revokeObjectURL(link.href);
  };

  const copy = async (button) => {
    const said = "copy";
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "copied";
    } catch {
      getSelection().selectAllChildren(button.previousElementSibling); // where a page may not write: Ctrl+C does
      button.textContent = "selected";
    }
    setTimeout(() => (button.textContent = said), 1500);
  };

  const enliven = (root) => {
    const each = (what, does) => root.querySelectorAll(what).forEach(does);
    each("figure.drawing", (figure) => (views(figure), names(figure), near.observe(figure)));
    each("table.sortable", sortable);
    each("section input[type=search]", (input) => input.addEventListener("input", () => filtered(input)));
    each("[data-download]", (button) => button.addEventListener("click", () => download(button)));
    each("[data-copy]", (button) => button.addEventListener("click", () => copy(button)));
  };

  enliven(document);
  return { enliven, redraw, sorted, filtered, library };
})();
