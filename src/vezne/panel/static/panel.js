// Parts of pages that stay fresh, and buttons that copy. Everything works without this file.
"use strict";

const EVERY_MS = 4000;

function keepFresh(part) {
  const refresh = async () => {
    if (!document.hidden && !part.contains(document.activeElement)) {
      try {
        const answer = await fetch(part.dataset.live, {
          headers: { "x-live": "1" },
          credentials: "same-origin",
        });
        if (answer.status === 401) {
          location.reload();
          return;
        }
        if (answer.ok) {
          const text = await answer.text();
          if (text !== part.dataset.shown) {
            part.innerHTML = text;
            part.dataset.shown = text;
            prepare(part);
          }
        }
      } catch {
        // The server is away; the next turn asks again.
      }
    }
    setTimeout(refresh, EVERY_MS);
  };
  setTimeout(refresh, EVERY_MS);
}

function copyOnClick(button) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    const before = button.textContent;
    button.textContent = button.dataset.copied;
    setTimeout(() => {
      button.textContent = before;
    }, 1500);
  });
}

function prepare(root) {
  root.querySelectorAll("[data-copy]").forEach(copyOnClick);
}

document.querySelectorAll("[data-live]").forEach(keepFresh);
prepare(document);
