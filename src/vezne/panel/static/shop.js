// The total of the basket while it is filled. The server counts for itself.
"use strict";

document.querySelectorAll("[data-shop]").forEach((form) => {
  const total = form.querySelector("[data-total]");
  const amount = form.querySelector("[data-amount]");
  const fields = [...form.querySelectorAll("[data-price]")];
  const format = new Intl.NumberFormat(form.dataset.language, {
    style: "currency",
    currency: form.dataset.currency,
    currencyDisplay: "narrowSymbol",
  });
  const count = () => {
    const kurus = fields.reduce(
      (sum, field) => sum + Number(field.dataset.price) * (Number(field.value) || 0),
      0,
    );
    amount.textContent = format.format(kurus / 100);
    total.hidden = false;
  };
  form.addEventListener("input", count);
  count();
});
