// Theme, and filter and sort of tables. No library: this must work wherever the page opens.
"use strict";

(function theme() {
  const root = document.documentElement;
  const button = document.getElementById("theme");
  const dark = () =>
    root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const show = () => {
    button.textContent = dark() ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`);
    document.dispatchEvent(new Event("themechange"));
  };
  try {
    const kept = localStorage.getItem("ratebound-theme");
    if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  } catch {
    // Some browsers refuse storage to files; the choice then lasts as long as the page.
  }
  button.hidden = false;
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("ratebound-theme", root.dataset.theme);
    } catch {
      // As above.
    }
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
})();

(function tables() {
  const key = (cell) => {
    const text = cell.dataset.value ?? cell.textContent.trim();
    const value = Number(text);
    return text === "" || text === "–" ? null : Number.isNaN(value) ? text : value;
  };
  const compare = (a, b) => {
    if (a === null || b === null) return 0;
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  };

  function sort(table, column, direction) {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [key(row.cells[column]), row]);
    // What has no value stays at the end, whichever way the rest is sorted.
    rows.sort(([a], [b]) => (a === null) - (b === null) || direction * compare(a, b));
    body.append(...rows.map(([, row]) => row));
    [...table.tHead.rows[0].cells].forEach((head, position) => {
      if (position === column) head.setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  }

  document.querySelectorAll("table.sortable").forEach((table) => {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.replaceChildren(button);
      button.addEventListener("click", () =>
        sort(table, column, head.getAttribute("aria-sort") === "ascending" ? -1 : 1),
      );
    });
  });

  document.querySelectorAll("form.filter").forEach((form) => {
    const table = document.getElementById(form.dataset.table);
    const apply = () => {
      const words = form.elements.words.value.toLowerCase().split(/\s+/).filter(Boolean);
      const kind = form.elements.kind.value;
      let shown = 0;
      for (const row of table.tBodies[0].rows) {
        const text = `${row.textContent} ${row.dataset.words}`.toLowerCase();
        row.hidden = !(words.every((word) => text.includes(word)) && (!kind || row.dataset.kind === kind));
        shown += !row.hidden;
      }
      form.querySelector("output").textContent = `${shown} of ${table.tBodies[0].rows.length} shown`;
    };
    form.hidden = false;
    for (const change of ["input", "change"]) form.addEventListener(change, apply);
    form.addEventListener("submit", (event) => event.preventDefault());
    apply();
  });
})();

// A printed page cannot be opened further: show what is folded.
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => (each.open = true)));
