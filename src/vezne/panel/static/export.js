// Fetches an export part by part and hands the browser one file. Without this file parts are links.
"use strict";

function runExport(box) {
  const state = box.querySelector("[data-export-state]");
  const bar = box.querySelector("progress");
  const stop = box.querySelector("[data-export-stop]");
  const again = box.querySelector("[data-export-again]");
  const save = box.querySelector("[data-export-save]");
  const rowsText = new Intl.NumberFormat(box.dataset.language);
  const dayText = new Intl.DateTimeFormat(box.dataset.language, {
    dateStyle: "medium",
    timeZone: "Europe/Istanbul",
  });
  const parts = [];
  let rows = 0;
  let next = "";
  let newestMs = 0;
  let reachedMs = 0;
  let halt = null;

  const tell = (text) => {
    state.textContent = text
      .replace("{rows}", rowsText.format(rows))
      .replace("{day}", reachedMs ? dayText.format(reachedMs) : "–");
  };

  const take = async (signal) => {
    const address = box.dataset.export + (next ? `&before=${encodeURIComponent(next)}` : "");
    const answer = await fetch(address, { credentials: "same-origin", redirect: "error", signal });
    if (!answer.ok) {
      throw new Error(String(answer.status));
    }
    parts.push(await answer.blob());
    rows += Number(answer.headers.get("x-rows"));
    reachedMs = Number(answer.headers.get("x-reached-ms")) || reachedMs;
    newestMs = newestMs || reachedMs;
    next = answer.headers.get("x-next");
    const wholeMs = newestMs - Number(box.dataset.floorMs);
    if (wholeMs > 0) {
      bar.value = Math.min(1000, Math.round((1000 * (newestMs - reachedMs)) / wholeMs));
    }
  };

  const finish = () => {
    bar.value = 1000;
    stop.hidden = true;
    save.href = URL.createObjectURL(new Blob(parts, { type: "text/csv;charset=utf-8" }));
    save.hidden = false;
    tell(box.dataset.textDone);
    save.click();
  };

  const run = async () => {
    halt = new AbortController();
    stop.hidden = false;
    again.hidden = true;
    try {
      do {
        await take(halt.signal);
        tell(box.dataset.textGoing);
      } while (next);
      finish();
    } catch {
      // Nothing is lost: it goes on where it was.
      tell(halt.signal.aborted ? box.dataset.textStopped : box.dataset.textFailed);
      stop.hidden = true;
      again.hidden = false;
      again.focus();
    }
  };

  stop.addEventListener("click", () => halt.abort());
  again.addEventListener("click", run);
  box.hidden = false;
  document.querySelectorAll("[data-export-by-hand]").forEach((part) => {
    part.hidden = true;
  });
  run();
}

document.querySelectorAll("[data-export]").forEach(runExport);
