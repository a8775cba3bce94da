/* Keeps what is typed into the personal form as a draft, some seconds after the last key. Without this file the button 存草稿 does it. */
(function () {
  "use strict";
  var line = document.getElementById("draft-line");
  var status = document.getElementById("status");
  var mark = document.querySelector("form input[name=draft]");
  if (!line || !mark || !window.fetch || !window.URLSearchParams || !window.FormData) { return; }
  var form = mark.form;
  var version = form.querySelector("input[name=draft_version]");
  var pause = 3000;
  var timer = 0;
  var composing = false;
  var sending = false;
  var again = false;
  var stopped = false;

  // Seen beside the buttons, and said once by the page's own status line.
  function say(text) {
    line.textContent = text;
    if (status) { status.textContent = text; }
  }
  function later() {
    window.clearTimeout(timer);
    if (!stopped) { timer = window.setTimeout(send, pause); }
  }
  function content() {
    var fields = new URLSearchParams();
    new FormData(form).forEach(function (value, name) {
      if (typeof value === "string") { fields.append(name, value); }
    });
    fields.set("person", line.getAttribute("data-person"));
    return fields;
  }
  function kept(answer) {
    mark.value = answer.draft;
    version.value = answer.draft_version;
    // Reloading the page brings the draft back.
    window.history.replaceState(null, "", "?draft=" + encodeURIComponent(answer.draft));
    say(answer.text);
  }
  function send() {
    // Half a syllable is nobody's word: wait until it is composed.
    if (stopped || composing) { return; }
    if (sending) { again = true; return; }
    sending = true;
    fetch(line.getAttribute("data-draft-url"), {
      method: "POST", credentials: "same-origin", redirect: "error",
      headers: { Accept: "application/json" }, body: content()
    })
      .then(function (answer) {
        return answer.json().then(function (said) {
          if (answer.ok) { kept(said); return; }
          stopped = answer.status === 409;
          if (stopped) { mark.value = said.draft; version.value = said.draft_version; }
          say(said.text);
        });
      })
      .catch(function () { say("草稿暂时存不上，请不要关闭本页；网络恢复后继续填写会再存。"); })
      .then(function () {
        sending = false;
        if (again) { again = false; later(); }
      });
  }

  form.addEventListener("compositionstart", function () { composing = true; });
  form.addEventListener("compositionend", function () { composing = false; later(); });
  form.addEventListener("input", function (event) { if (!event.isComposing) { later(); } });
  form.addEventListener("change", later);
  form.addEventListener("submit", function () { stopped = true; window.clearTimeout(timer); });
  window.addEventListener("pageshow", function () { stopped = false; });
}());
