
// What makes a page of the service alive: parts that were rendered again take the place of the old ones.
(() => {
  const plotly = new Promise((done) => {
    paretocaps.library.load = () => {
      if (!document.querySelector("script[data-library]")) {
        const script = document.createElement("script");
        Object.assign(script, { src: document.body.dataset.plotly, onload: done });
        script.dataset.library = "plotly";
        document.head.append(script);
      }
      return plotly;
    };
  });

  const shown = new Map(); // what the service sent last, by the id of the part
  const parts = (root) => [...root.querySelectorAll("[data-live]")].filter((part) => part.id);
  for (const part of parts(document)) shown.set(part.id, part.outerHTML);

  // a part in which somebody is at work stays as it is until they leave it
  const busy = (part) => part.contains(document.activeElement) && document.activeElement.matches("a, button, input, select, summary, textarea");

  const replace = (old, fresh) => {
    if (shown.get(old.id) === fresh.outerHTML || busy(old)) return;
    shown.set(old.id, fresh.outerHTML);
    const open = [...old.querySelectorAll("details")].map((one) => one.open);
    const table = old.matches("table") ? old : old.querySelector("table.sortable");
    const head = table?.querySelector("th[aria-sort]");
    const scrolled = [...old.querySelectorAll(".scroll")].map((one) => [one.scrollLeft, one.scrollTop]);
    const added = document.importNode(fresh, true);
    old.replaceWith(added);
    paretocaps.enliven(added);
    added.querySelectorAll("details").forEach((one, number) => (one.open = open[number] ?? false));
    const rows = added.matches("table") ? added : added.querySelector("table.sortable");
    if (added.matches("table.sortable")) paretocaps.enliven({ querySelectorAll: (what) => (what === "table.sortable" ? [added] : []) });
    if (rows && head) paretocaps.sorted(rows, head.cellIndex, head.getAttribute("aria-sort") === "descending");
    const search = rows?.closest("section")?.querySelector("input[type=search]");
    if (search?.value) paretocaps.filtered(search);
    added.querySelectorAll(".scroll").forEach((one, number) => one.scrollTo(...(scrolled[number] ?? [0, 0])));
  };

  const figures = document.getElementById("figures");
  let version = null, drawing = Promise.resolve();
  const draw = async (wanted) => {
    if (wanted === version) return;
    const answer = await fetch(figures.dataset.figures);
    if (!answer.ok) return;
    version = wanted;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    const [old, added] = [figures, fresh].map((root) => [...root.querySelectorAll("figure.drawing")]);
    const names = (all) => all.map((figure) => figure.querySelector("figcaption")?.textContent).join();
    if (old.length && names(old) === names(added)) return added.forEach((one, number) => paretocaps.redraw(old[number], one));
    figures.replaceChildren(...[...fresh.children].map((one) => document.importNode(one, true)));
    paretocaps.enliven(figures);
  };
  const drawn = (wanted) => (drawing = drawing.then(() => draw(wanted)).catch(() => {}));
  if (figures) {
    paretocaps.library.load(); // while the service makes the figures
    drawn(figures.dataset.version);
  }

  let asked = null, rest = 1000;
  const refresh = () => {
    asked ??= setTimeout(async () => {
      const began = performance.now();
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        const other = fresh.body.dataset.page !== document.body.dataset.page; // such as of a study that has begun
        const more = parts(fresh).some((part) => !document.getElementById(part.id));
        if (answer.ok && (other || more) && !document.activeElement.matches("input, select, textarea")) return location.reload();
        if (answer.ok) for (const old of parts(document)) {
          const part = fresh.getElementById(old.id);
          if (part) replace(old, part);
        }
        const now = fresh.getElementById("figures");
        if (figures && now) drawn(now.dataset.version);
        else if (now) location.reload();
      } catch { /* the service is away for a moment: the next event or look tells */ }
      rest = Math.max(1000, 10 * (performance.now() - began)); // a slow page is not asked for more often than it can be
      asked = null;
    }, rest);
  };

  const watched = document.getElementById("watched");
  let source = null, looking = null;
  const watch = () => {
    source?.close();
    clearInterval(looking);
    source = looking = null;
    if (document.hidden) return;
    if (parts(document).length) looking = setInterval(refresh, watched ? 15000 : 5000);
    if (!watched) return;
    const { events, after } = JSON.parse(watched.textContent);
    source = new EventSource(`${events}?after=${after}`);
    for (const kind of ["message", "state", "trial", "epoch", "front", "notice"]) source.addEventListener(kind, refresh);
    source.onerror = ({ target }) => target.readyState === EventSource.CLOSED && setTimeout(() => target === source && watch(), 3000); // such as a proxy's 502
  };
  if (parts(document).length) {
    document.addEventListener("visibilitychange", () => (watch(), document.hidden || refresh()));
    watch();
    if (document.querySelector("[data-pending]")) refresh();
  }

  // the space of a new study, and its size, as it is filled in
  const form = document.querySelector("form[data-preview]");
  if (form) {
    let waiting = null, latest = 0;
    const preview = async () => {
      const number = ++latest;
      const answer = await fetch(form.dataset.preview, { method: "POST", body: new FormData(form) });
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["preview", "space"]) {
        const [old, part] = [document, fresh].map((root) => root.getElementById(id));
        if (number === latest && old && part && !busy(old)) old.replaceWith(document.importNode(part, true));
      }
    };
    form.addEventListener("input", () => (clearTimeout(waiting), (waiting = setTimeout(preview, 400))));
  }

  // an upload is shown as it is sent; where it is refused, what was typed and the chosen file stay
  const upload = document.querySelector("form[data-upload]");
  upload?.addEventListener("submit", (event) => {
    event.preventDefault();
    const [sending, button] = [upload.querySelector(".sending"), upload.querySelector("button.main")];
    const [bar, told, share, cancel] = sending.querySelectorAll("progress, [role=status], .share, button");
    const request = new XMLHttpRequest();
    const over = (why) => {
      button.disabled = !(sending.hidden = true);
      document.querySelector("main > [role=alert]")?.remove();
      if (why) document.getElementById("main").prepend(why);
      why?.scrollIntoView({ block: "nearest" });
    };
    const alerted = (text) => Object.assign(document.createElement("p"), { className: "alert", role: "alert", textContent: text });
    request.upload.onprogress = ({ loaded, total }) => {
      bar.value = loaded / total;
      share.textContent = `${Math.floor((100 * loaded) / total)} % of ${(total / 1e6).toFixed(1)} MB`;
    };
    request.upload.onload = () => {
      bar.removeAttribute("value"); // nobody knows how long it takes
      told.textContent = "Sent. Every image is being read.";
      share.textContent = "";
    };
    request.onload = () => {
      if (request.status < 400) return location.assign(request.responseURL);
      const why = new DOMParser().parseFromString(request.responseText, "text/html").querySelector("[role=alert]");
      over(alerted(why?.textContent || `The service answered with ${request.status}: try it again.`));
    };
    request.onerror = () => over(alerted("The service could not be reached, or ended the upload: try it again."));
    request.onabort = () => over(null);
    cancel.onclick = () => request.abort();
    request.open("POST", upload.action);
    request.setRequestHeader("Accept", "text/html");
    request.send(new FormData(upload));
    over(null);
    [button.disabled, sending.hidden, bar.value, told.textContent, share.textContent] = [true, false, 0, "Sending.", ""];
  });

  document.addEventListener("submit", (event) => {
    const question = event.submitter?.dataset.confirm;
    if (question && !confirm(question)) event.preventDefault();
  });
})();
