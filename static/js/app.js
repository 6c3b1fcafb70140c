/* Enishi: what the page adds when script runs. Every function below has a way without it.
   Reads only data-attributes and roles; never evaluates text; listens on document, so parts swapped in by htmx need no set-up. */
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const on = (type, handler, options) => document.addEventListener(type, handler, options);
  const typing = (node) => node.closest?.("input:not([type=checkbox], [type=radio], [type=button]), textarea, select, [contenteditable]");
  const visible = (node) => node.checkVisibility ? node.checkVisibility() : node.offsetParent !== null;
  const store = (() => {                                   // private windows may refuse it: then nothing is kept, nothing breaks
    try { sessionStorage.getItem("enishi"); return sessionStorage; } catch { return { getItem() {}, setItem() {}, removeItem() {} }; }
  })();

  /* ── Keys: [data-key="n"], [data-key="g l"]; lists: [data-list] ─────────── */
  let pending = "", pendingTimer;
  const keyed = (key) => $$("[data-key]").filter((node) => node.dataset.key === key);

  function act(node) {
    const menu = node.parentElement;
    if (node.matches("summary")) { menu.open = !menu.open; if (menu.open) focusFirst(menu); else node.focus(); return; }
    if (typing(node)) { node.focus(); node.select?.(); return; }
    node.click();
  }
  const focusFirst = (menu) => items(menu)[0]?.focus();
  const items = (menu) => $$(".menu-list :is(a[href], button, input)", menu).filter((n) => !n.disabled && visible(n));

  const rows = () => $$("[data-list] > *").filter(visible);
  const opener = (row) => $("[data-open]", row) || $("th a[href], a[href]", row) || $("input, button", row);
  const current = () => document.activeElement?.closest?.("[data-list] > *");
  let lastRow = null;

  function step(by) {
    const all = rows();
    if (!all.length) return false;
    const at = all.indexOf(current() || lastRow || $("[data-list] > :has([aria-current])"));
    const row = all[Math.max(0, Math.min(all.length - 1, at < 0 ? 0 : at + by))];
    lastRow = row;
    opener(row)?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
    return true;
  }

  on("keydown", (event) => {
    const { key, target } = event;
    if (event.isComposing || event.defaultPrevented) return;                 // Enter that ends a kana conversion is not a command
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = target.form || target.closest("form");
      if (form) { event.preventDefault(); form.requestSubmit(); }
      return;
    }
    if (key === "Escape") { if (!closeMenus(null, true) && typing(target)) target.blur(); return; }
    const menu = target.closest?.(".menu[open]");
    if (menu && (key === "ArrowDown" || key === "ArrowUp")) {
      event.preventDefault();
      const all = items(menu), at = all.indexOf(document.activeElement);
      all[(at + (key === "ArrowDown" ? 1 : -1) + all.length) % all.length]?.focus();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(target) || $("dialog[open]:modal")) return;
    if (document.documentElement.dataset.keys === "off") return;            // a personal setting, for people who speak to their computer (WCAG 2.1.4)

    const row = current();
    const inRow = row && $$("[data-row-key]", row).find((node) => node.dataset.rowKey === key);
    const found = keyed(pending ? `${pending} ${key}` : key)[0] || (pending ? null : inRow);
    clearTimeout(pendingTimer);
    if (inRow && !pending) { event.preventDefault(); return act(inRow); }
    if (found && !((key === "j" || key === "k") && rows().length)) { event.preventDefault(); pending = ""; return act(found); }
    pending = "";
    if (key === "j" || key === "k") { if (step(key === "j" ? 1 : -1)) event.preventDefault(); return; }
    if (key === "o" && row) { event.preventDefault(); opener(row)?.click(); return; }
    if (key === "x" && row) { $("[name=pk]", row)?.click(); return; }
    if ($$("[data-key]").some((node) => node.dataset.key.startsWith(`${key} `))) {
      pending = key;
      pendingTimer = setTimeout(() => { pending = ""; }, 1200);
    }
  });
  on("focusin", () => { lastRow = current() || lastRow; });

  /* ── Dialogs: [data-dialog="id"] opens <dialog id>; the link's href is the way without script ── */
  function fillKeys(dialog) {
    const list = $("[data-keys]", dialog);
    if (!list || list.dataset.filled) return;
    list.dataset.filled = "1";
    const seen = new Set();
    for (const node of $$("[data-key], [data-key-hint]")) {                  // a hint tells of a key that no single element stands for
      const label = node.dataset.keyLabel || node.getAttribute("aria-label") || node.textContent.trim().replace(/\s+\d*$/, "");
      const pressed = node.dataset.key || node.dataset.keyHint;
      if (!label || seen.has(pressed)) continue;
      seen.add(pressed);
      const line = document.createElement("div"), name = document.createElement("dt"), keys = document.createElement("dd");
      name.textContent = label;
      pressed.split(" ").forEach((part) => { const kbd = document.createElement("kbd"); kbd.textContent = part; keys.append(kbd, " "); });
      line.append(name, keys);
      list.append(line);
    }
  }

  /* ── Menus: one open at a time; outside click and Escape close ──────────── */
  function closeMenus(except, refocus) {
    let closed = false;
    for (const menu of $$(".menu[open]")) {
      if (except && menu.contains(except)) continue;
      const had = menu.contains(document.activeElement);
      menu.open = false;
      closed = true;
      if (refocus && had) $("summary", menu)?.focus();
    }
    return closed;
  }

  on("click", (event) => {
    const { target } = event;
    closeMenus(target);
    const dialogLink = target.closest("[data-dialog]");
    const dialog = dialogLink && document.getElementById(dialogLink.dataset.dialog);
    if (dialog?.showModal) { event.preventDefault(); closeMenus(); fillKeys(dialog); dialog.showModal(); return; }
    if (target.matches("dialog")) { target.close(); return; }               // the backdrop
    const dismiss = target.closest("[data-dismiss]");
    if (dismiss) { event.preventDefault(); dismiss.closest(".toast, .notice, dialog")?.remove(); document.getElementById(dismiss.dataset.focus)?.focus(); return; }

    const theme = target.closest("[data-theme-set]");
    if (theme) {                                                            // at once here; the form it sits in keeps it for good
      document.documentElement.dataset.theme = theme.dataset.themeSet;
      closeMenus();
    }

    const add = target.closest("[data-add]");
    if (add) {
      event.preventDefault();
      const fresh = $(add.dataset.add).content.cloneNode(true);
      const first = $("select, input", fresh);
      renumber(fresh);
      add.closest("[data-add-before]")?.before(fresh) ?? add.parentElement.before(fresh);
      first?.focus();
      return;
    }
    const remove = target.closest("[data-remove]");
    if (remove) {
      event.preventDefault();
      const gone = remove.closest(remove.dataset.remove);
      const neighbour = gone.nextElementSibling || gone.previousElementSibling;
      gone.dispatchEvent(new Event("input", { bubbles: true }));
      gone.remove();
      $("select, input, button", neighbour || document)?.focus();
      return;
    }
    const move = target.closest("[data-move]");
    if (move) {
      event.preventDefault();
      const item = move.closest("[data-sortable] > *");
      if (move.dataset.move === "up") item.previousElementSibling?.before(item); else item.nextElementSibling?.after(item);
      move.focus();
      item.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  // In a template "__n__" stands for the row's number; a time stamp is unique enough and sorts last.
  function renumber(fragment) {
    const n = String(Date.now());
    for (const node of $$("[name], [id], [for]", fragment))
      for (const name of ["name", "id", "for"]) if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replace("__n__", n));
  }

  /* ── Rows: select all, shift-select, the count in the bulk bar ──────────── */
  let anchor = null;
  const ticks = (form) => $$("[name=pk]", form);
  function count(form) {
    const all = ticks(form), chosen = all.filter((box) => box.checked).length;
    for (const node of $$("[data-count]", form)) node.textContent = chosen;
    const head = $("[data-select-all]", form);
    if (head) { head.checked = chosen > 0 && chosen === all.length; head.indeterminate = chosen > 0 && chosen < all.length; }
  }
  on("click", (event) => {
    const box = event.target;
    if (!box.matches?.("[name=pk]")) return;
    const all = ticks(box.form);
    if (event.shiftKey && anchor && all.includes(anchor)) {
      const [from, to] = [all.indexOf(anchor), all.indexOf(box)].sort((a, b) => a - b);
      all.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
    }
    anchor = box;
    count(box.form);
  });
  on("change", (event) => {
    if (!event.target.matches("[data-select-all]")) return;
    ticks(event.target.form).forEach((box) => { box.checked = event.target.checked; });
    count(event.target.form);
  });
  on("reset", (event) => setTimeout(() => { count(event.target); kept(event.target); }));

  /* ── Live search: input[data-combobox="listbox-id"]; htmx fills the list ── */
  function choose(input, by) {
    const options = $$("[role=option]", document.getElementById(input.dataset.combobox));
    if (!options.length) return;
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const next = options[(at + by + options.length + (at < 0 && by < 0 ? 1 : 0)) % options.length];
    options.forEach((option) => option.setAttribute("aria-selected", String(option === next)));
    input.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  }
  function closeHits(input) {
    const list = document.getElementById(input.dataset.combobox);
    if (list) list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }
  const openHits = (input) => {
    const list = document.getElementById(input.dataset.combobox), any = !!list?.childElementCount;
    if (list) list.hidden = !any;
    input.setAttribute("aria-expanded", String(any));
  };
  on("keydown", (event) => {
    const input = event.target.closest?.("[data-combobox]");
    if (!input || event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); openHits(input); choose(input, event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Escape") closeHits(input);
    if (event.key === "Enter" && input.hasAttribute("aria-activedescendant")) {
      event.preventDefault();
      document.getElementById(input.getAttribute("aria-activedescendant"))?.click();
    }
  });
  on("focusout", (event) => {
    const input = event.target.closest?.("[data-combobox]");
    if (input) setTimeout(() => { if (!document.getElementById(input.dataset.combobox)?.contains(document.activeElement)) closeHits(input); }, 150);
  });
  on("htmx:afterSwap", (event) => {
    const input = $(`[data-combobox="${CSS.escape(event.target.id)}"]`);
    if (input) {
      openHits(input);
      // Later hits come while somebody goes through the earlier ones: what is marked stays marked where it is still there.
      const marked = input.getAttribute("aria-activedescendant"), again = marked && $(`#${CSS.escape(marked)}`, event.target);
      if (again) again.setAttribute("aria-selected", "true");
      else input.removeAttribute("aria-activedescendant");
    }
    $$("form:has([data-count])").forEach(count);
  });

  /* ── Forms: nothing typed is lost, nothing is sent twice ────────────────── */
  const dirty = new Set();
  const place = (form) => `form:${form.dataset.guard}`;
  const contents = (form) => $$("input, select, textarea", form)
    .filter((field) => field.name && !["password", "file", "hidden", "submit"].includes(field.type))
    .map((field) => [field.name, field.type === "checkbox" || field.type === "radio" ? [field.value, field.checked] : field.value]);
  let keepTimer;
  on("input", (event) => {
    const form = event.target.closest?.("form[data-guard]");
    if (form) {
      dirty.add(form);
      say(form, "unsaved");
      clearTimeout(keepTimer);
      keepTimer = setTimeout(() => store.setItem(place(form), JSON.stringify(contents(form))), 400);
    }
    const counter = event.target.dataset?.countTo && $(event.target.dataset.countTo);
    if (counter) counter.textContent = counter.textContent.replace(/-?\d+/, event.target.maxLength - event.target.value.length);
  });
  // The words come from the page, translated: <span data-said data-unsaved="Not saved yet" data-saving="Saving…">
  function say(form, what) {
    const node = $("[data-said]", form);
    if (node?.dataset[what]) node.textContent = node.dataset[what];
  }
  function kept(form) { dirty.delete(form); clearTimeout(keepTimer); if (form.dataset?.guard) store.removeItem(place(form)); }

  function offer(form) {
    const raw = store.getItem(place(form)), template = $("#offer-kept");
    // A page that came back with what was typed (an error, a conflict) has nothing to put back, though it may ask for more.
    const here = new Set(contents(form).map((one) => JSON.stringify(one)));
    if (!raw || !template || $("[data-kept]", form) || JSON.parse(raw).every((one) => here.has(JSON.stringify(one)))) return;
    const notice = template.content.firstElementChild.cloneNode(true);       // "You typed something here before… [Put it back] [Forget it]"
    $("[data-restore]", notice).addEventListener("click", () => {
      for (const [name, value] of JSON.parse(raw)) {
        for (const field of $$(`[name="${CSS.escape(name)}"]`, form)) {
          if (Array.isArray(value)) { if (field.value === value[0]) field.checked = value[1]; } else field.value = value;
        }
      }
      dirty.add(form);
      say(form, "unsaved");
      notice.remove();
    });
    $("[data-forget]", notice).addEventListener("click", () => { kept(form); notice.remove(); });
    form.prepend(notice);
  }

  on("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog") return;
    if (form.dataset.sent && form.method === "post") { event.preventDefault(); return; }
    if (form.method !== "post") return;
    form.dataset.sent = "1";
    dirty.delete(form);                                                      // the text stays in store until the server has said yes
    say(form, "saving");
    const button = event.submitter;
    // After this tick, or the button's own name=value would not be sent.
    setTimeout(() => { if (button) { button.setAttribute("aria-busy", "true"); button.setAttribute("aria-disabled", "true"); } });
  });
  function release(root = document) {
    $$("form[data-sent]", root).concat(root.dataset?.sent ? [root] : []).forEach((form) => delete form.dataset.sent);
    $$("[aria-busy=true][aria-disabled]", root).forEach((button) => { button.removeAttribute("aria-busy"); button.removeAttribute("aria-disabled"); });
  }
  addEventListener("pageshow", () => release());
  on("htmx:afterRequest", (event) => {
    // One that was swapped away is not the event's target any more, but still the one that asked.
    const form = (event.detail.requestConfig?.elt ?? event.target).closest?.("form");
    if (!form || event.target.matches("[data-asks]")) return;                // a part of the form that only asks has saved nothing
    release(form);
    if (event.detail.successful) kept(form); else dirty.add(form);
  });
  addEventListener("beforeunload", (event) => { if ([...dirty].some((form) => form.isConnected)) event.preventDefault(); });
  // A form names the copy kept of it as it is sent; core.web.middleware.Saved says it back once another page answers.
  on("formdata", (event) => { if (event.target.dataset.guard) event.formData.set("_guard", encodeURIComponent(event.target.dataset.guard)); });
  // The server names what it has saved: <html data-saved="crm.lead%3A3">; only then the kept text is let go.
  const settle = () => {
    const saved = document.documentElement.dataset.saved;
    if (saved) store.removeItem(`form:${decodeURIComponent(saved)}`);
    $$("form[data-guard]").forEach(offer);
    $$("form:has([data-count])").forEach(count);
    $("[autofocus][role=alert]")?.focus();
  };

  /* ── Toasts: server-rendered, or by the HX-Trigger header {"toast": "…"} ── */
  function toast(text) {
    const node = document.createElement("div");
    node.className = "toast";
    node.dataset.toast = "";
    node.textContent = text;
    $("#toasts")?.append(node);
    fade(node);
  }
  // One with an action in it stays until acted on or moved away from (WCAG 2.2.1).
  const fade = (node) => { if (!$("a, button", node)) setTimeout(() => node.remove(), 6000); };
  on("toast", (event) => toast(event.detail.value ?? String(event.detail)));

  /* ── Drag: lists to order ([data-sortable]) and boards ([data-board]); buttons do the same ── */
  let dragged = null;
  // An ordered row is taken by its grip: text in its inputs can still be marked.
  on("pointerdown", (event) => { const item = event.target.closest?.(".grip")?.closest("[data-sortable] > *"); if (item) item.draggable = true; });
  on("dragstart", (event) => {
    dragged = event.target.closest?.("[data-sortable] > *, .card");
    if (dragged) { dragged.classList.add("dragging"); event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", ""); }
  });
  on("dragover", (event) => {
    if (!dragged) return;
    const item = event.target.closest?.("[data-sortable] > *");
    if (item && item !== dragged && item.parentElement === dragged.parentElement) {
      event.preventDefault();
      const box = item.getBoundingClientRect();
      if (event.clientY < box.top + box.height / 2) item.before(dragged); else item.after(dragged);
    }
    const lane = event.target.closest?.("[data-lane]") || $("[data-lane]", event.target.closest?.(".lane") || dragged);
    $$("[data-lane].over").forEach((other) => { if (other !== lane) other.classList.remove("over"); });
    if (lane) { event.preventDefault(); lane.classList.add("over"); }
  });
  // A tree: [data-tree="form id"] > [data-node]; dropping one on another sends both to that form, whose page asks once more.
  on("dragstart", (event) => {
    const node = event.target.closest?.("[data-tree] > [data-node]");
    if (!node) return;
    dragged = node;
    node.classList.add("dragging");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", "");
  });
  on("dragover", (event) => {
    const node = dragged?.dataset.node && event.target.closest?.("[data-tree] > [data-node]");
    $$("[data-node].over").forEach((other) => { if (other !== node) other.classList.remove("over"); });
    if (node && node !== dragged) { event.preventDefault(); node.classList.add("over"); }
  });
  on("drop", (event) => {
    const node = dragged?.dataset.node && event.target.closest?.("[data-tree] > [data-node]");
    const form = node && node !== dragged && document.getElementById(node.parentElement.dataset.tree);
    if (!form) return;
    event.preventDefault();
    form.elements.role.value = dragged.dataset.node;
    form.elements.parent.value = node.dataset.node;
    form.requestSubmit();
  });
  on("drop", (event) => {
    const lane = $("[data-lane].over");
    if (dragged && lane) {
      event.preventDefault();
      const button = $(`[data-move-form] button[value="${CSS.escape(lane.dataset.lane)}"]`, dragged);
      if (button && !lane.contains(dragged)) { lane.append(dragged); button.form.requestSubmit(button); }   // the server answers with the true order, or puts it back
    }
    const zone = event.target.closest?.("[data-drop]");
    const file = zone && $("input[type=file]", zone);
    if (file && event.dataTransfer.files.length) { event.preventDefault(); file.files = event.dataTransfer.files; zone.classList.remove("over"); file.dispatchEvent(new Event("change", { bubbles: true })); }
  });
  on("dragend", () => {
    if (dragged?.closest("[data-sortable]")) dragged.dispatchEvent(new Event("input", { bubbles: true }));
    if (dragged?.closest("[data-sortable]")) dragged.removeAttribute("draggable");
    dragged?.classList.remove("dragging");
    $$(".over").forEach((node) => node.classList.remove("over"));
    dragged = null;
  });
  on("dragover", (event) => {
    const zone = event.target.closest?.("[data-drop]");
    if (zone && event.dataTransfer.types.includes("Files")) { event.preventDefault(); zone.classList.add("over"); }
  });

  /* ── Prefetch: a link in [data-prefetch] under the pointer for 65 ms ────── */
  const fetched = new Set();
  let hover;
  const thrifty = navigator.connection?.saveData;
  on("pointerover", (event) => {
    const link = event.target.closest?.("[data-prefetch] a[href], a[data-prefetch]");
    clearTimeout(hover);
    if (!link || thrifty || link.origin !== location.origin || !link.protocol.startsWith("http") || fetched.has(link.href)) return;
    hover = setTimeout(() => {
      fetched.add(link.href);
      const hint = document.createElement("link");
      hint.rel = "prefetch";
      hint.href = link.href;
      document.head.append(hint);
    }, 65);
  });

  /* ── Looking for news: the server is told that nobody asked, or an open tab would never be idle ── */
  on("htmx:configRequest", ({ detail }) => {
    if (!detail.triggeringEvent && detail.elt.getAttribute("hx-trigger")?.startsWith("every ")) detail.headers["X-By-Itself"] = "1";
  });

  /* ── The bell: its number stands in the page's title, too, for a tab that is not looked at ── */
  on("htmx:load", (event) => {
    if (event.target.id !== "bell") return;
    const count = Number(event.target.dataset.waiting);
    document.title = (count ? `(${count}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  });

  /* ── Bars that scroll sideways: what is open stands in sight ── */
  for (const one of $$(":is(.side, .tabs, .subnav) [aria-current]")) {
    const bar = one.closest(".side, .tabs, .subnav"), at = one.getBoundingClientRect();
    if (bar.scrollWidth > bar.clientWidth) bar.scrollLeft += at.left - bar.getBoundingClientRect().left - (bar.clientWidth - at.width) / 2;
  }

  settle();
  $$("[data-toast]").forEach(fade);
  on("htmx:load", (event) => { $$("form[data-guard]", event.target).forEach(offer); $$("[data-toast]", event.target).forEach(fade); });
})();
