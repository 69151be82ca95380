// Make or use a passkey: the button holds what the browser needs to know, the answer goes into a hidden field of its form.
for (const button of document.querySelectorAll("[data-passkey]")) {
  const says = button.form.querySelector("[data-passkey-says]");
  button.addEventListener("click", async () => {
    const options = JSON.parse(button.dataset.options);
    const making = button.dataset.passkey === "create";
    const read = making ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
    if (!window.PublicKeyCredential?.[read]) {
      says.textContent = "This browser cannot use passkeys here. Use a code.";
      return;
    }
    button.disabled = true;
    says.textContent = "Follow what your browser asks.";
    try {
      const publicKey = PublicKeyCredential[read](options);
      const credential = await navigator.credentials[making ? "create" : "get"]({ publicKey });
      document.getElementById(button.dataset.into).value = JSON.stringify(credential);
      button.form.submit();
    } catch (error) {
      says.textContent = error.name === "InvalidStateError" ? "This device has a passkey for you already."
        : error.name === "SecurityError" ? "Passkeys need this site to be opened by its name and over HTTPS."
        : "Nothing was confirmed. Try again, or use a code.";
      button.disabled = false;
    }
  });
}
