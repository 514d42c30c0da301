/* What pages do better with a script. Every page works without: this file only shortens ways. */
"use strict";

(() => {
  const root = document.documentElement;
  const phone = window.matchMedia("(max-width: 47.99em)");
  const find = (selector) => document.querySelector(selector);
  root.classList.add("js");

  /* Settings stay in this browser; where storage is closed, the page behaves as if nothing was chosen. */
  const settings = {
    read(name) {
      try {
        return localStorage.getItem(`hylde.${name}`);
      } catch {
        return null;
      }
    },
    write(name, value) {
      try {
        localStorage.setItem(`hylde.${name}`, value);
      } catch {
        /* Nothing to keep it in. */
      }
    },
  };

  const showSettings = () => {
    for (const box of document.querySelectorAll("input[data-setting]")) {
      box.checked = settings.read(box.dataset.setting) !== "off";
    }
  };

  /* Filters on a phone: the one set of facets moves into the sheet and back, so nothing is said twice. */
  const sheet = () => find("#filter-sheet");

  const openSheet = () => {
    const facets = find("#facets");
    if (!sheet() || !facets) return;
    const groups = [...facets.querySelectorAll(".facet")];
    if (!facets.dataset.folded) groups.slice(2).forEach((group) => group.removeAttribute("open"));
    facets.dataset.folded = "yes";
    find("#sheet-body").append(facets);
    sheet().showModal();
  };

  const foldBack = () => {
    const home = find("#facets-home");
    if (home && !home.contains(find("#facets"))) home.append(find("#facets"));
  };

  const arrange = () => {
    showSettings();
    const side = find("#filters");
    if (side) side.open = !phone.matches;
    if (!phone.matches && sheet()?.open) sheet().close();
  };

  phone.addEventListener("change", arrange);
  document.addEventListener("close", (event) => event.target === sheet() && foldBack(), true);

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-open-sheet], [data-close-sheet]");
    if (button) return button.hasAttribute("data-open-sheet") ? openSheet() : sheet().close();
    if (event.target === sheet()) sheet().close(); /* Beside the sheet: on its backdrop. */
    const onward = event.target.closest("a[data-next]"); /* It comes back to the search as it is now. */
    if (onward) onward.search = new URLSearchParams({ next: location.pathname + location.search });
  });

  /* "/" goes to the search field; a single key must be possible to switch off (WCAG 2.1.4). */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || settings.read("slash") === "off") return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const field = find("[data-search]");
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });

  document.addEventListener("change", (event) => {
    const { setting } = event.target.dataset;
    if (setting) settings.write(setting, event.target.checked ? "on" : "off");
  });

  /* A form that was edited warns before it is left; so does one that came back with errors. */
  let leaving = false;
  const edited = () => find("form[data-warn-unsaved][data-edited]");
  document.addEventListener("input", (event) => {
    const form = event.target.form?.closest("form[data-warn-unsaved]");
    if (form) form.dataset.edited = "";
  });
  document.addEventListener("submit", (event) => {
    leaving = event.target.hasAttribute("data-warn-unsaved");
    const next = event.target.querySelector("input[data-here]");
    if (next) next.value = location.pathname + location.search; /* The search may have moved on since it was drawn. */
  });
  window.addEventListener("beforeunload", (event) => {
    if (edited() && !leaving) event.preventDefault();
  });

  /* Back to a search that htmx drew: its place on the page, too. */
  const places = new Map();
  let returning = false;
  try {
    Object.entries(JSON.parse(sessionStorage.getItem("hylde.places") ?? "{}")).forEach(([url, y]) => places.set(url, y));
  } catch {
    /* Without storage a page starts at its top. */
  }
  window.addEventListener(
    "scroll",
    () => {
      if (!returning) places.set(location.href, window.scrollY);
    },
    { passive: true },
  );
  window.addEventListener("popstate", () => {
    returning = true;
  });
  window.addEventListener("pagehide", () => {
    try {
      sessionStorage.setItem("hylde.places", JSON.stringify(Object.fromEntries([...places].slice(-50))));
    } catch {
      /* As above. */
    }
  });
  document.addEventListener("htmx:historyRestore", () => {
    arrange();
    window.scrollTo(0, places.get(location.href) ?? 0);
    returning = false;
  });

  /* Searching while typing. */
  document.addEventListener("htmx:configRequest", (event) => {
    const { parameters, verb } = event.detail;
    if (verb !== "get") return;
    for (const name of new Set(parameters.keys())) {
      const filled = parameters.getAll(name).filter((value) => value !== "");
      parameters.delete(name);
      filled.forEach((value) => parameters.append(name, value));
    }
  });

  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    const { target, fragment } = event.detail;
    if (target.id !== "facets") return;
    for (const now of target.querySelectorAll("details[id]")) {
      const next = fragment.querySelector(`#${CSS.escape(now.id)}`);
      if (next) next.open = now.open;
    }
  });

  const trouble = (visible) => {
    const message = find("#trouble");
    if (message) message.hidden = !visible;
  };
  for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
    document.addEventListener(name, () => trouble(true));
  }
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.xhr.status < 400) trouble(false);
    /* A removed chip takes the focus with it: hand it to what it changed. */
    if (document.activeElement === document.body && !sheet()?.open) find("#count")?.focus({ preventScroll: true });
  });

  find("[data-error-summary]")?.focus();
  arrange();
})();
