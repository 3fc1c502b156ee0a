// A field may be named "submit", which would hide the form's own method.
HTMLFormElement.prototype.submit.call(document.getElementById("return"));
