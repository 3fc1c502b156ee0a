// Shows the time that is left, and lets the bank know when there is none. The bank keeps the time.
"use strict";

(() => {
  const announcedAt = [60, 30, 10];
  const countdown = document.getElementById("countdown");
  const clock = countdown.querySelector(".clock");
  const announcer = document.getElementById("announcer");
  const endMs = performance.now() + Number(countdown.dataset.seconds) * 1000;
  let shown = -1;

  const show = (seconds) => {
    shown = seconds;
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    countdown.classList.toggle("short", seconds <= 30);
    if (announcedAt.includes(seconds)) {
      announcer.textContent = countdown.dataset.announcement.replace("{count}", seconds);
    }
  };

  const tick = () => {
    const seconds = Math.max(0, Math.ceil((endMs - performance.now()) / 1000));
    if (seconds !== shown) {
      show(seconds);
    }
    if (seconds === 0) {
      clearInterval(timer);
      document.getElementById("time-out").submit();
    }
  };

  const timer = setInterval(tick, 200);
  countdown.hidden = false;
  tick();
})();
