/* Enishi: a cell of a list edits where it stands. Its address is made of the row's link and the column's name; the answer to
   htmx is the small form, then the row anew. Arrows walk over the cells; Enter, F2 or a double click open one; without script
   the list shows a pencil in each cell ("Show a pencil in each cell" in its menu). */
"use strict";
(() => {
  const CELLS = "table[data-cells] tbody :is(td, th)";
  const table = (cell) => cell.closest("table");
  const cellOf = (node) => node?.closest?.(CELLS);
  const editable = (cell) => cell && table(cell).tHead.rows[0].cells[cell.cellIndex]?.hasAttribute("data-may");
  const busy = (row) => row.querySelector("form.inplace");
  let last = null, ticked = false;                                           // where the keyboard stood when the row was replaced

  function open(cell) {
    const row = cell.parentElement, form = busy(row);
    if (form) { form.querySelector("input:not([type=hidden]), select, textarea")?.focus(); return; }
    const columns = table(cell).dataset.cells, key = columns.split(" ")[cell.cellIndex - 1];
    last = { pk: row.dataset.pk, at: cell.cellIndex };
    // A form within the form that selects rows: what it sends is its own affair.
    if (!cell.dataset.own) { cell.dataset.own = "1"; cell.addEventListener("submit", (event) => event.stopPropagation()); }
    const link = row.querySelector("th a[href]").pathname;
    htmx.ajax("GET", `${link}field/${key}?cell=${encodeURIComponent(columns)}`, { source: cell, target: cell, swap: "innerHTML" });
  }

  function focus(cell) {
    if (!cell) return;
    cell.tabIndex = -1;
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function pencil(cell) {
    if (!editable(cell) || cell.querySelector(".edit, form")) return;
    document.querySelector("button.edit[data-cell]")?.remove();
    const button = document.createElement("button");
    button.type = "button";
    button.className = "edit";
    button.dataset.cell = "";
    const head = table(cell).tHead.rows[0].cells[cell.cellIndex].textContent.trim();
    button.setAttribute("aria-label", `${table(cell).dataset.edit}: ${head}`);
    button.textContent = "✎";
    cell.append(button);
  }

  const walk = {
    ArrowLeft: (cell) => cell.previousElementSibling,
    ArrowRight: (cell) => cell.nextElementSibling,
    ArrowUp: (cell) => cell.parentElement.previousElementSibling?.cells[cell.cellIndex],
    ArrowDown: (cell) => cell.parentElement.nextElementSibling?.cells[cell.cellIndex],
  };

  document.addEventListener("keydown", (event) => {
    const { target, key } = event, cell = cellOf(target);
    if (!cell || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || target.closest("form.inplace")) return;
    if (walk[key]) {
      const next = walk[key](cell);
      if (next && next.cellIndex > 0) { event.preventDefault(); focus(next); }
      return;
    }
    if ((key === "F2" || (key === "Enter" && target === cell)) && editable(cell)) { event.preventDefault(); open(cell); }
  });
  document.addEventListener("dblclick", (event) => {
    const cell = cellOf(event.target);
    if (!editable(cell) || event.target.closest("a, button, input, select, textarea, form.inplace")) return;
    getSelection().removeAllRanges();
    open(cell);
  });
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button.edit[data-cell]");
    if (button) { event.preventDefault(); const cell = cellOf(button); button.remove(); open(cell); }
  });
  for (const type of ["focusin", "pointerover"]) document.addEventListener(type, (event) => { const cell = cellOf(event.target); if (cell) pencil(cell); });

  // The row comes back: its tick stays, and the keyboard stands where it was.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target } = event.detail;
    if (target?.matches?.("table[data-cells] tbody tr")) ticked = target.querySelector("[name=pk]")?.checked;
  });
  document.addEventListener("htmx:afterSettle", () => {
    if (!last) return;
    const row = document.querySelector(`table[data-cells] tr[data-pk="${last.pk}"]`);
    if (!row) { last = null; return; }
    if (busy(row)) return;
    if (ticked) { row.querySelector("[name=pk]").checked = true; ticked = false; }
    focus(row.cells[last.at]);
    last = null;
  });
  // A record that may be read only: the cell stays as it is, and the page says why.
  document.addEventListener("htmx:responseError", (event) => {
    const { elt, verb } = event.detail.requestConfig ?? {};
    if (verb !== "get" || !cellOf(elt)) return;
    last = null;
    focus(cellOf(elt));
  });
})();
