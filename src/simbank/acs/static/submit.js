// Goes on by itself: at once, or when the issuer's frame has loaded. The button works without this.
"use strict";

(() => {
  // A frame that never loads must not hold the payment up.
  const patienceMs = 1500;
  const form = document.querySelector("form[data-submit]");
  const frame = document.querySelector("iframe");
  let isSent = false;

  const send = () => {
    if (!isSent) {
      isSent = true;
      form.submit();
    }
  };

  if (frame === null) {
    send();
    return;
  }
  frame.addEventListener("load", send);
  setTimeout(send, patienceMs);
})();
