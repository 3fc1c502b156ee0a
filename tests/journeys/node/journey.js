// The official npm client, from storing a card to refunding a payment made with it.
// Usage: node journey.js BASE_URL API_KEY SECRET_KEY; prints one JSON object of all answers.
"use strict";

const { promisify } = require("util");
const Iyzipay = require("iyzipay");

const [uri, apiKey, secretKey] = process.argv.slice(2);
const client = new Iyzipay({ uri, apiKey, secretKey });

const call = (resource, method, request) =>
  promisify(client[resource][method].bind(client[resource]))(request);

const card = {
  cardHolderName: "Jöhn Döe",
  cardNumber: "5528790000000008",
  expireMonth: "12",
  expireYear: "2030",
};
const address = {
  contactName: "Jane Doe",
  city: "Istanbul",
  country: "Turkey",
  address: "Nidakule Göztepe, Merdivenköy Mah.",
  zipCode: "34742",
};
const buyer = {
  id: "BY789",
  name: "John",
  surname: "Doe",
  gsmNumber: "+905350000000",
  email: "email@email.com",
  identityNumber: "74300864791",
  lastLoginDate: "2015-10-05 12:43:35",
  registrationDate: "2013-04-21 15:12:09",
  registrationAddress: "Nidakule Göztepe, Merdivenköy Mah.",
  ip: "85.34.78.112",
  city: "Istanbul",
  country: "Turkey",
  zipCode: "34732",
};
const basketItems = [
  { id: "BI101", name: "Binocular", category1: "Collectibles", itemType: "PHYSICAL", price: "0.3" },
  { id: "BI102", name: "Game code", category1: "Game", itemType: "VIRTUAL", price: "0.5" },
  { id: "BI103", name: "Usb", category1: "Electronics", itemType: "PHYSICAL", price: "0.2" },
];

const payment = (paymentCard, changes = {}) => ({
  locale: Iyzipay.LOCALE.TR,
  conversationId: "123456789",
  price: "1",
  paidPrice: "1.2",
  currency: Iyzipay.CURRENCY.TRY,
  installment: "1",
  basketId: "B67832",
  paymentChannel: Iyzipay.PAYMENT_CHANNEL.WEB,
  paymentGroup: Iyzipay.PAYMENT_GROUP.PRODUCT,
  paymentCard,
  buyer,
  shippingAddress: address,
  billingAddress: address,
  basketItems,
  ...changes,
});

const callbackUrl = "https://www.merchant.example/callback";
const plain = (text) =>
  text.replace(/&(#34|#39|quot|lt|gt|amp);/g, (entity) =>
    ({ "&#34;": '"', "&quot;": '"', "&#39;": "'", "&lt;": "<", "&gt;": ">", "&amp;": "&" })[entity]);

// The form of a page that leads on: the one that takes the code, else the first.
const formOf = (html, base) => {
  const forms = html.split("<form").slice(1);
  const form = forms.find((text) => text.includes('name="code"')) || forms[0];
  const attribute = (tag, name) => plain((tag.match(new RegExp(` ${name}="([^"]*)"`)) || ["", ""])[1]);
  const fields = new URLSearchParams();
  for (const [tag] of form.slice(0, form.indexOf("</form")).matchAll(/<input[^>]*>/g)) {
    const name = attribute(tag, "name");
    fields.append(name, name === "code" ? "123456" : attribute(tag, "value"));
  }
  return { url: new URL(attribute(form, "action"), base).href, fields };
};

// What a browser without JavaScript brings to the merchant, once its owner typed the code.
async function callbackOf(content) {
  let form = formOf(Buffer.from(content, "base64").toString("utf8"), uri);
  while (form.url !== callbackUrl) {
    const page = await fetch(form.url, { method: "POST", body: form.fields });
    form = formOf(await page.text(), form.url);
  }
  return Object.fromEntries(form.fields);
}

async function journey() {
  const answers = {};
  answers.test = await call("apiTest", "retrieve", {});
  answers.card = await call("card", "create", {
    locale: "tr",
    conversationId: "123456789",
    email: "email@email.com",
    externalId: "external id",
    card: { ...card, cardAlias: "kartım" },
  });
  const { cardUserKey, cardToken } = answers.card;
  answers.cards = await call("cardList", "retrieve", { cardUserKey });
  answers.paid = await call("payment", "create", payment({ ...card, cvc: "123", registerCard: "0" }));
  answers.stored = await call("payment", "create", payment({ cardUserKey, cardToken }));
  answers.declined = await call(
    "payment", "create", payment({ ...card, cardNumber: "4111111111111129", cvc: "123" }),
  );
  answers.detail = await call("payment", "retrieve", { paymentId: answers.paid.paymentId });
  answers.refund = await call("refund", "create", {
    conversationId: "1",
    paymentTransactionId: answers.paid.itemTransactions[0].paymentTransactionId,
    price: "0.2",
    currency: "TRY",
    ip: "85.34.78.112",
  });
  answers.amountRefund = await call("refundV2", "create", {
    conversationId: "1",
    paymentId: answers.paid.paymentId,
    price: "0.5",
    ip: "85.34.78.112",
  });
  answers.cancel = await call("cancel", "create", {
    conversationId: "1",
    paymentId: answers.stored.paymentId,
    ip: "85.34.78.112",
  });
  const hold = await call("paymentPreAuth", "create", payment({ ...card, cvc: "123" }));
  answers.hold = hold;
  answers.captured = await call("paymentPostAuth", "create", {
    conversationId: "1",
    paymentId: hold.paymentId,
    paidPrice: "1.2",
    currency: "TRY",
    ip: "85.34.78.112",
  });
  const threeds = payment({ ...card, cvc: "123" }, { callbackUrl });
  answers.threeds = await call("threedsInitialize", "create", threeds);
  answers.callback = await callbackOf(answers.threeds.threeDSHtmlContent);
  const { paymentId, conversationData } = answers.callback;
  answers.threedsPaid = await call("threedsPayment", "create", { paymentId, conversationData });
  answers.threedsHold = await call("threedsInitializePreAuth", "create", threeds);
  await callbackOf(answers.threedsHold.threeDSHtmlContent);
  answers.threedsHeld = await call("threedsV2Payment", "create", {
    locale: "tr",
    conversationId: "123456789",
    paymentId: answers.threedsHold.paymentId,
    paidPrice: "1.2",
    basketId: "B67832",
    currency: "TRY",
  });
  answers.bin = await call("binNumber", "retrieve", { binNumber: "554960" });
  answers.installments = await call("installmentInfo", "retrieve", { binNumber: "554960", price: "100" });
  answers.deleted = await call("card", "delete", { cardUserKey, cardToken });
  return answers;
}

journey().then(
  (answers) => console.log(JSON.stringify(answers)),
  (error) => {
    console.error(error);
    process.exitCode = 1;
  },
);
