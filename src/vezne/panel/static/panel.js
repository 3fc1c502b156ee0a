// Parts of pages that stay fresh, and buttons that copy. Everything works without this file.
"use strict";

const EVERY_MS = 4000;

// The text as the browser writes it, to compare with what a part holds.
function normal(text) {
  const template = document.createElement("template");
  template.innerHTML = text;
  return template.innerHTML;
}

// By id, or by what they are about and the times before them: others may come between.
function named(places) {
  const names = new Map();
  places.forEach((details) => {
    const item = details.closest("li, section, article");
    const when = item?.querySelector("time")?.dateTime ?? item?.getAttribute("aria-labelledby");
    const about = details.id || `${when ?? ""} ${details.querySelector("summary")?.textContent}`;
    let name = about;
    for (let count = 2; names.has(name); count += 1) {
      name = `${about} ${count}`;
    }
    names.set(name, details);
  });
  return names;
}

function replace(part, text) {
  const all = () => named([...part.querySelectorAll("details")]);
  const open = new Map([...all()].map(([name, details]) => [name, details.open]));
  part.innerHTML = text;
  all().forEach((details, name) => {
    details.open = open.has(name) ? open.get(name) : details.open;
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
