/* Passkeys: the browser makes and proves them, so this needs script. A form with data-passkey says what for. */
(() => {
  const forms = document.querySelectorAll("form[data-passkey]");
  if (!window.PublicKeyCredential || !forms.length) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0)).buffer;
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const decoded = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const plain = (made) => {
    const said = made.response;
    const response = { clientDataJSON: text(said.clientDataJSON) };
    for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) if (said[name]) response[name] = text(said[name]);
    if (said.getTransports) response.transports = said.getTransports();
    return { id: made.id, rawId: text(made.rawId), type: made.type, response, clientExtensionResults: made.getClientExtensionResults() };
  };

  const ask = async (kind, options) => {
    const publicKey = { ...options.publicKey, challenge: bytes(options.publicKey.challenge) };
    if (kind === "get") return navigator.credentials.get({ publicKey: { ...publicKey, allowCredentials: decoded(publicKey.allowCredentials) } });
    const user = { ...publicKey.user, id: bytes(publicKey.user.id) };
    return navigator.credentials.create({ publicKey: { ...publicKey, user, excludeCredentials: decoded(publicKey.excludeCredentials) } });
  };

  const options = async (form) => {
    const here = form.dataset.from && document.getElementById(form.dataset.from);
    if (here) return JSON.parse(here.textContent);
    const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
    const answer = await fetch(form.dataset.options, { method: "POST", headers: { "X-CSRFToken": token, Accept: "application/json" } });
    return (await answer.json()).request_options;
  };

  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      const field = form.querySelector("[name=credential]");
      if (field.value) return;
      event.preventDefault();
      const said = form.querySelector("[data-passkey-said]");
      said.textContent = "";
      form.setAttribute("aria-busy", "true");
      try {
        field.value = JSON.stringify(plain(await ask(form.dataset.passkey, await options(form))));
        form.submit();
      } catch {
        said.textContent = form.dataset.failed;
      }
      form.removeAttribute("aria-busy");
    });
  }
})();
