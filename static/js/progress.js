/* Follows a job: asks its address every two seconds, moves the bar, says each new sentence once, reloads at the end. */
(function () {
  "use strict";
  var box = document.querySelector("[data-progress-url]");
  if (!box || !window.fetch) { return; }
  var bar = box.querySelector("progress");
  var line = box.querySelector("[data-progress-text]");
  var status = document.getElementById("status");
  var failures = 0;
  var said = -1;

  function show(job) {
    var percent = job.total ? Math.floor(100 * job.done / job.total) : 0;
    if (job.total) { bar.max = job.total; bar.value = job.done; }
    line.textContent = job.text;
    // A screen reader hears every tenth, not every row.
    if (status && Math.floor(percent / 10) !== said) { said = Math.floor(percent / 10); status.textContent = job.text; }
  }
  function ask() {
    fetch(box.getAttribute("data-progress-url"), { credentials: "same-origin", headers: { Accept: "application/json" } })
      .then(function (answer) { if (!answer.ok) { throw new Error(String(answer.status)); } return answer.json(); })
      .then(function (job) {
        failures = 0;
        if (job.finished) { window.location.reload(); return; }
        show(job);
        window.setTimeout(ask, 2000);
      })
      .catch(function () {
        failures += 1;
        if (failures < 6) { window.setTimeout(ask, 5000); return; }
        line.textContent = "暂时连不上服务器，任务仍在后台进行。请稍后点“刷新进度”。";
      });
  }
  window.setTimeout(ask, 2000);
}());
