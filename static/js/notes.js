/* Enishi: notes and files. In textarea[data-mention="/…/mention"] an @ offers colleagues; a form[data-send-on-choose] is sent
   when its file is chosen or dropped. Without script the name is typed out (it is found on saving) and the button pressed. */
"use strict";
(() => {
  const on = (type, handler) => document.addEventListener(type, handler);
  const area = (node) => node?.closest?.("textarea[data-mention]");
  let serial = 0, timer, asked = 0;

  const typed = (text) => /(?:^|[^\w.+-])[@＠]([^\s@＠]{0,30})$/u.exec(text.value.slice(0, text.selectionStart));
  const list = (text) => document.getElementById(text.getAttribute("aria-controls"));
  const options = (text) => [...(list(text)?.children || [])];
  const chosen = (text) => options(text).find((one) => one.getAttribute("aria-selected") === "true");

  function listFor(text) {
    if (list(text)) return list(text);
    const made = document.createElement("div");
    made.className = "hits";
    made.id = `mention-${++serial}`;
    made.setAttribute("role", "listbox");
    made.hidden = true;
    text.setAttribute("aria-controls", made.id);
    text.setAttribute("aria-autocomplete", "list");
    text.closest(".field").classList.add("picker");
    text.after(made);
    return made;
  }
  function close(text) {
    asked++;
    if (list(text)) list(text).hidden = true;
    text.removeAttribute("aria-activedescendant");
  }
  function mark(text, option) {
    options(text).forEach((one) => one.setAttribute("aria-selected", String(one === option)));
    if (option) { text.setAttribute("aria-activedescendant", option.id); option.scrollIntoView({ block: "nearest" }); }
  }
  async function offer(text) {
    const found = typed(text), turn = ++asked;
    if (!found) return close(text);
    const answer = await fetch(`${text.dataset.mention}?q=${encodeURIComponent(found[1])}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || turn !== asked) return;
    const box = listFor(text);
    box.replaceChildren(...(await answer.json()).map((hit) => {
      const option = document.createElement("a"), name = document.createElement("span");
      option.id = `mention-${++serial}`;
      option.href = "#";
      option.tabIndex = -1;
      option.dataset.name = hit.name;
      option.setAttribute("role", "option");
      name.textContent = hit.sub;
      option.append(name);
      if (hit.name !== hit.sub) { const sub = document.createElement("small"); sub.textContent = hit.name; option.append(sub); }
      return option;
    }));
    box.hidden = !box.childElementCount;
    mark(text, box.firstElementChild);
  }
  function take(text, option) {
    const found = typed(text), end = text.selectionStart;
    if (found) text.setRangeText(`${option.dataset.name} `, end - found[1].length, end, "end");
    close(text);
    text.focus();
    text.dispatchEvent(new Event("input", { bubbles: true }));
  }

  on("input", (event) => {
    const text = area(event.target);
    if (!text || event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(() => offer(text), 120);
  });
  on("compositionend", (event) => { const text = area(event.target); if (text) offer(text); });
  document.addEventListener("keydown", (event) => {
    const text = area(event.target);
    if (!text || event.isComposing || !list(text) || list(text).hidden || event.ctrlKey || event.metaKey) return;
    const all = options(text), at = all.indexOf(chosen(text));
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      mark(text, all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if ((event.key === "Enter" || event.key === "Tab") && at >= 0) {
      event.preventDefault();
      take(text, all[at]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close(text);
    }
  }, true);
  on("click", (event) => {
    const option = event.target.closest?.("textarea[data-mention] + .hits > [role=option]");
    if (!option) return;
    event.preventDefault();
    take(option.parentElement.previousElementSibling, option);
  });
  on("focusout", (event) => { const text = area(event.target); if (text) setTimeout(() => { if (document.activeElement !== text) close(text); }, 150); });

  on("change", (event) => {
    const form = event.target.closest?.("form[data-send-on-choose]");
    if (form && event.target.type === "file" && event.target.files.length) form.requestSubmit(form.querySelector("button"));
  });
})();
