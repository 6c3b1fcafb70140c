/* Enishi: inputs that know their data: pickers of records, postal codes, numbered lines; words that a link takes along.
   Without script a picker takes a typed name. */
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const on = (type, handler) => document.addEventListener(type, handler);
  let serial = 0;

  /* ── Picker: [data-picker="/pick?module=…"] > input + input[hidden pk] + input[hidden title] ── */
  const boxOf = (node) => node.closest?.("[data-picker]");
  function listOf(box) {
    let list = $("[role=listbox]", box);
    if (!list) {
      list = document.createElement("div");
      list.className = "hits";
      list.id = `pick-${++serial}`;
      list.setAttribute("role", "listbox");
      list.hidden = true;
      box.append(list);
      $("input", box).setAttribute("aria-controls", list.id);
      $("input", box).dataset.combobox = list.id;
    }
    return list;
  }
  async function suggest(box) {
    const input = $("input", box), list = listOf(box), asked = input.value.trim();
    const answer = await fetch(`${box.dataset.picker}&q=${encodeURIComponent(asked)}`, { headers: { Accept: "application/json" } });
    if (!answer.ok || input.value.trim() !== asked) return;
    list.replaceChildren(...(await answer.json()).map((hit) => {
      const option = document.createElement("a"), name = document.createElement("span"), sub = document.createElement("small");
      option.id = `pick-${++serial}`;
      option.href = "#";
      option.tabIndex = -1;
      option.dataset.pk = hit.pk;
      option.dataset.title = hit.title;
      option.setAttribute("role", "option");
      name.textContent = hit.title;
      sub.textContent = hit.sub;
      option.append(name, sub);
      return option;
    }));
    list.hidden = !list.childElementCount;
    input.setAttribute("aria-expanded", String(!list.hidden));
  }
  let timer;
  on("input", (event) => {
    const box = boxOf(event.target);
    if (!box || event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(() => suggest(box), 120);
  });
  on("focusin", (event) => { const box = boxOf(event.target); if (box && event.target.matches("input[role=combobox]") && !event.target.value) suggest(box); });
  on("click", (event) => {
    const option = event.target.closest?.("[data-picker] [role=option]");
    if (!option) return;
    event.preventDefault();
    const box = boxOf(option), [input, pk, title] = box.querySelectorAll("input");
    input.value = title.value = option.dataset.title;
    pk.value = option.dataset.pk;
    listOf(box).hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });

  /* ── Postal code: seven digits fill prefecture, city and street, unless somebody typed another street ── */
  on("input", async (event) => {
    const input = event.target;
    if (!input.matches?.("[data-postal]") || event.isComposing) return;
    const code = input.value.normalize("NFKC").replace(/\D/g, "");
    if (code.length !== 7) return;
    const answer = await fetch(`${input.dataset.postal}?code=${code}`, { headers: { Accept: "application/json" } });
    const [place] = answer.ok ? await answer.json() : [];
    if (!place || input.value.normalize("NFKC").replace(/\D/g, "") !== code) return;
    for (const part of ["region", "city", "street"]) {
      const other = input.form.elements[input.name.replace(/postal_code$/, part)];
      if (!other || (other.value && other.value !== other.dataset.filled)) continue;
      other.value = other.dataset.filled = place[part];
      other.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });

  /* ── Lines that were dragged take the numbers of their new places ── */
  on("input", (event) => {
    const list = event.target.parentElement?.closest?.("[data-sortable]");
    if (!list || event.target.parentElement !== list) return;
    list.querySelectorAll("[data-number]").forEach((input, at) => { input.value = String((at + 1) * 10); });
  });

  /* ── a[data-copy="id of a field"]: leads to where its words are wanted, so it copies them ── */
  on("click", (event) => {
    const field = document.getElementById(event.target.closest?.("a[data-copy]")?.dataset.copy);
    if (!field?.value) return;
    field.select();
    if (navigator.clipboard) navigator.clipboard.writeText(field.value); else document.execCommand("copy");
  });
})();
