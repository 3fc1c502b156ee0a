// The page around this one is the merchant's, at an origin that only it knows.
if (window.parent !== window) {
  window.parent.postMessage(document.getElementById("message").dataset.message, "*");
}
