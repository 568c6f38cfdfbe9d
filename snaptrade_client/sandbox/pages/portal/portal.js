"use strict";

// Whoever opened the portal listens: the page around its iframe, or the page that opened its window.
const framed = window.parent !== window;
const app = framed ? window.parent : window.opener;

function tell(message) {
  // To any origin, as the service does: which one the app has, the portal can't know.
  if (app) app.postMessage(message, "*");
}

const result = document.getElementById("result");
if (result) {
  const message = JSON.parse(result.dataset.message);
  tell(framed && message === "ABANDONED" ? "CLOSE_MODAL" : message);
  if (result.dataset.leave) window.location.replace(result.dataset.leave);
}

// What the back button brings out of the browser's memory may have been used up since.
window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });

let sent = false;

for (const form of document.forms) {
  form.elements.listener.value = app ? "1" : "";
  form.addEventListener("submit", (event) => {
    const notice = document.getElementById("notice");
    const choice = new FormData(form, event.submitter).get("scenario");
    if (framed && choice === "closed") {
      event.preventDefault();
      notice.hidden = false;
      tell("CLOSED");
    } else if (sent) {
      // The second click of a double click: the link is used up by the first.
      event.preventDefault();
    } else {
      sent = true;
      if (notice) notice.hidden = true;
    }
  });
}
