// Parts of pages that stay fresh, and buttons that copy. Everything works without this file.
"use strict";

const EVERY_MS = 4000;

// The text as the browser writes it, to compare with what a part holds.
function normal(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.innerHTML;
}

function replace(part, text) {
  const places = (selector) => [...part.querySelectorAll(selector)];
  const open = places("details").map((details) => details.open);
  part.innerHTML = text;
  places("details").forEach((details, place) => {
    details.open = open[place] || details.open;
  });
  prepare(part);
}

function keepFresh(part) {
  let shown = part.innerHTML;
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
          const text = normal(await answer.text());
          if (text !== shown) {
            replace(part, text);
            shown = text;
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
