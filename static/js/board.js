/* The board: a dropped card is sent by script, which htmx does not take for a press of the button that names the lane. */
"use strict";
document.addEventListener("htmx:configRequest", (event) => {
  const { parameters, triggeringEvent } = event.detail, button = triggeringEvent?.submitter;
  if (button?.name && !(button.name in parameters)) parameters[button.name] = button.value;
});
