/* Warns before the login ends. The server's numbers count: other windows may have gone on working meanwhile. */
(function () {
  "use strict";
  var box = document.getElementById("session");
  if (!box || !window.fetch) { return; }
  var heading = document.getElementById("session-h");
  var text = document.getElementById("session-text");
  var goOn = box.querySelector("[data-session-go-on]");
  var close = box.querySelector("[data-session-close]");
  var warning = Number(box.getAttribute("data-warning"));
  var url = box.getAttribute("data-url");
  var end = Date.now() + 1000 * Number(box.getAttribute("data-left"));
  var asking = null;
  var ended = false;
  var changed = false;

  box.hidden = false;
  document.addEventListener("input", function () { changed = true; });

  function left() { return Math.round((end - Date.now()) / 1000); }
  function minutes() { return Math.max(1, Math.floor(left() / 60)); }
  function open() {
    if (!box.open) {
      if (box.showModal) { box.showModal(); } else { box.setAttribute("open", ""); }
    }
    (goOn.hidden ? close : goOn).focus();
  }
  function shut() {
    if (box.open && box.close) { box.close(); } else { box.removeAttribute("open"); }
  }
  function warn(firm) {
    heading.textContent = "快要自动退出了";
    text.textContent = firm
      ? "本次登录时间已满，约 " + minutes() + " 分钟后要重新登录。请先保存；没来得及保存的，登录后会自动填回。"
      : "您已有一段时间没有操作。为保护资料，约 " + minutes() + " 分钟后会自动退出。要继续，请按“继续使用”。";
    goOn.hidden = firm;
    close.hidden = !firm;
    open();
  }
  function finish() {
    ended = true;
    // Nothing typed: the page is not left open for whoever comes by.
    if (!changed) { window.location.assign(box.getAttribute("data-login") + "?next=" + encodeURIComponent(window.location.pathname + window.location.search)); return; }
    heading.textContent = "已自动退出";
    text.textContent = "您填写的内容还在本页。请照常按保存的按钮：重新登录后会回到本页，内容自动填好，再保存一次就行。";
    goOn.hidden = true;
    close.hidden = false;
    shut();
    open();
  }
  function ask(options, then) {
    if (asking && options.method !== "POST") { return; }
    var mine = {};
    asking = mine;
    options.credentials = "same-origin";
    options.headers = { Accept: "application/json" };
    fetch(url, options)
      .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.json(); })
      .then(function (answer) {
        // Overtaken by a press of the button: the time left from before it would open the warning again.
        if (asking !== mine) { return; }
        asking = null;
        end = Date.now() + 1000 * answer.left;
        then(answer.left);
      })
      .catch(function () {
        if (asking !== mine) { return; }
        asking = null;
        if (box.open) { text.textContent = "暂时连不上服务器。请不要关闭本页，稍后再按一次“继续使用”。"; }
      });
  }
  function look() {
    if (ended || left() > warning) { return; }
    ask({ method: "GET" }, function (seconds) {
      if (seconds <= 0) { finish(); return; }
      if (seconds > warning) { shut(); return; }
      if (!box.open && !box.hasAttribute("data-seen")) { box.setAttribute("data-seen", ""); warn(false); }
    });
  }

  box.querySelector("form").addEventListener("submit", function (event) {
    event.preventDefault();
    ask({ method: "POST", body: new FormData(event.target) }, function (seconds) {
      if (seconds <= 0) { finish(); return; }
      if (seconds <= warning) { warn(true); return; }
      box.removeAttribute("data-seen");
      shut();
    });
  });
  close.addEventListener("click", shut);
  window.setInterval(look, 10000);
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { look(); } });
}());
