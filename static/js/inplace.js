/* Enishi: a fact of a record page edits where it stands. The pencil is a link to a small page that does the same without script;
   htmx fetches that page's form into the place of the value. Here: a click on the value, `e`, Escape, and a session that ended. */
"use strict";
(() => {
  const fact = (node) => node.closest?.(".facts > div");
  const pencil = (node) => fact(node)?.querySelector(".edit");

  document.addEventListener("click", (event) => {
    const { target } = event;
    if (event.defaultPrevented || !target.closest?.(".facts dd") || target.closest("a, button, input, select, textarea, label, form, summary")) return;
    if (String(getSelection())) return;                                      // somebody marks the value to copy it
    pencil(target)?.click();
  });

  // Before app.js hears it: there `e` edits the whole record, and Escape leaves the input.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented) return;
    const { target, key } = event, form = target.closest?.("form.inplace");
    if (form && key === "Escape") {
      event.preventDefault();
      if (target.getAttribute("aria-expanded") !== "true") form.querySelector("[data-cancel]").click();
      return;
    }
    if (key !== "e" || form || event.ctrlKey || event.metaKey || event.altKey || document.documentElement.dataset.keys === "off") return;
    const link = target.matches?.(".facts a") && pencil(target);
    if (link) { event.preventDefault(); link.click(); }
  }, true);

  // A value that follows from the one saved does not take the place of an input somebody is typing into.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.querySelector("form.inplace")) event.detail.shouldSwap = false;
  });

  // Not let in any more: sent as a page, the answer says so, keeps what was typed and offers to sign in.
  document.addEventListener("htmx:responseError", (event) => {
    const form = event.detail.requestConfig?.elt;
    if (form?.matches?.("form.inplace") && event.detail.xhr.status < 500) form.submit();
  });
})();
