"use strict";
(() => {
  const NARROW = 560; // pixels of a plot below which numbers and margins are smaller
  const drawn = new WeakSet();

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

  const draw = (figure) => {
    if (drawn.has(figure)) return;
    drawn.add(figure);
    const shown = JSON.parse(figure.querySelector("script").textContent);
    const plot = figure.querySelector(".plot");
    if (plot.clientWidth < NARROW) smaller(shown.layout);
    Plotly.newPlot(plot, shown.data, shown.layout, { ...shown.config, displayModeBar: innerWidth > 640 ? "hover" : false });
  };

  // a figure is drawn when it comes near the window, so that a page with many opens at once
  const figures = document.querySelectorAll("figure.drawing");
  const near = new IntersectionObserver(
    (entries) => entries.filter((entry) => entry.isIntersecting).forEach((entry) => draw(entry.target)),
    { rootMargin: "300px" },
  );
  figures.forEach((figure) => near.observe(figure));
  addEventListener("beforeprint", () => figures.forEach(draw));

  const press = (button, on) => button.setAttribute("aria-pressed", String(on));
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";

  for (const figure of figures) {
    const plot = figure.querySelector(".plot");
    const views = [...figure.querySelectorAll("[data-change]")];
    for (const view of views)
      view.addEventListener("click", () => {
        draw(figure);
        Plotly.relayout(plot, JSON.parse(view.dataset.change));
        views.forEach((other) => press(other, other === view));
      });
    const names = [...figure.querySelectorAll("[data-traces]")];
    const show = (name, on) => {
      press(name, on);
      Plotly.restyle(plot, { visible: on }, JSON.parse(name.dataset.traces));
    };
    for (const name of names) {
      name.addEventListener("click", () => (draw(figure), show(name, !pressed(name))));
      name.addEventListener("dblclick", () => {
        const alone = names.every((other) => other === name || !pressed(other));
        names.forEach((other) => show(other, alone || other === name));
      });
    }
  }

  const number = (cell) => parseFloat(cell.dataset.value ?? cell.textContent);
  const compare = (a, b, numeric) => {
    if (!numeric) return a.textContent.localeCompare(b.textContent);
    const [one, two] = [number(a), number(b)];
    return Number.isNaN(one) || Number.isNaN(two) ? Number.isNaN(one) - Number.isNaN(two) : one - two;
  };

  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
    heads.forEach((head, column) =>
      head.querySelector("button")?.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        const numeric = head.classList.contains("number");
        const rows = [...body.rows].sort(
          (a, b) => (down ? -1 : 1) * compare(a.cells[column], b.cells[column], numeric),
        );
        body.append(...rows);
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
      }),
    );
    const section = table.closest("section");
    section?.querySelector("input[type=search]")?.addEventListener("input", (event) => {
      const words = event.target.value.toLowerCase().split(/\s+/);
      for (const row of body.rows)
        row.hidden = !words.every((word) => row.textContent.toLowerCase().includes(word));
    });
  }

  for (const button of document.querySelectorAll("[data-download]"))
    button.addEventListener("click", () => {
      const text = JSON.parse(button.nextElementSibling.textContent);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = button.dataset.download;
      link.click();
      URL.revokeObjectURL(link.href);
    });

  for (const button of document.querySelectorAll("[data-copy]"))
    button.addEventListener("click", async () => {
      const said = "copy";
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
        button.textContent = "copied";
      } catch {
        getSelection().selectAllChildren(button.previousElementSibling); // where a page may not write: Ctrl+C does
        button.textContent = "selected";
      }
      setTimeout(() => (button.textContent = said), 1500);
    });
})();
