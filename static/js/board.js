/* The board: a dropped card is sent by script, which htmx does not take for a press of the button that names the lane. */
"use strict";
document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, triggeringEvent } = event.detail, button = triggeringEvent?.submitter;
  if (button?.name && !(button.name in parameters)) parameters[button.name] = button.value;
});

/* By keyboard: on a card's title, `b` takes the card up, arrows choose the column, Enter drops it there, Escape puts it back. What
   happens is said aloud. A drop presses the same button as the mouse does. */
(() => {
  let held = null;                                                            // { card, lanes, at, home }
  const board = () => document.getElementById("board");
  const name = (lane) => lane.closest(".lane").querySelector("h2").textContent.trim();
  const words = (key, lane) => (board().dataset[key] ?? "").replace("{title}", held.title).replace("{column}", lane ? name(lane) : "");
  function say(text) { const region = document.getElementById("board-said"); if (region) region.textContent = text; }

  function mark() { for (const lane of held.lanes) lane.classList.toggle("over", lane === held.lanes[held.at]); }
  function take(card) {
    const lanes = [...board().querySelectorAll("[data-lane]")], home = lanes.indexOf(card.closest("[data-lane]"));
    held = { card, lanes, at: home, home, title: card.querySelector("a").textContent.trim() };
    card.classList.add("dragging");
    mark();
    say(words("taken", lanes[home]));
  }
  function let_go() {
    for (const lane of held.lanes) lane.classList.remove("over");
    held.card.classList.remove("dragging");
    held = null;
  }
  document.addEventListener("keydown", (event) => {
    const { key, target } = event, card = target.closest?.(".card[draggable]");
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (!held) {
      if (key !== "b" || !card || target.closest("input, select, textarea, .menu") || document.documentElement.dataset.keys === "off") return;
      event.preventDefault();
      event.stopPropagation();
      take(card);
      return;
    }
    if (!["ArrowLeft", "ArrowRight", "Enter", " ", "Escape", "Tab"].includes(key)) return;
    if (key !== "Tab") { event.preventDefault(); event.stopPropagation(); }
    if (key === "Escape" || key === "Tab") { say(words("back", held.lanes[held.home])); let_go(); return; }
    if (key.startsWith("Arrow")) {
      held.at = Math.max(0, Math.min(held.lanes.length - 1, held.at + (key === "ArrowRight" ? 1 : -1)));
      mark();
      held.lanes[held.at].scrollIntoView({ block: "nearest", inline: "nearest" });
      say(words("over", held.lanes[held.at]));
      return;
    }
    const { card: moved, at, home, lanes } = held, button = moved.querySelector(`[data-move-form] button[value="${CSS.escape(lanes[at].dataset.lane)}"]`);
    say(at === home ? words("back", lanes[home]) : words("dropped", lanes[at]));
    let_go();
    if (at !== home) button?.form.requestSubmit(button);                      // what the column asks for is asked on a page of its own
  }, true);
  document.addEventListener("htmx:beforeSwap", () => { if (held) let_go(); });
})();
