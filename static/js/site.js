/* Extras only: every page works without this file. */
(function () {
  "use strict";

  // Older browsers do not honour autofocus on the error summary.
  var summary = document.querySelector("[data-focus]");
  if (summary && document.activeElement !== summary) { summary.focus(); }

  // A second click on a submit button sends the form once.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || form.hasAttribute("data-repeat")) { return; }
    if (form.hasAttribute("data-sent")) { event.preventDefault(); return; }
    form.setAttribute("data-sent", "");
  });
  // Coming back by the back button must let the form be sent again.
  window.addEventListener("pageshow", function () {
    Array.prototype.forEach.call(document.querySelectorAll("form[data-sent]"), function (form) {
      form.removeAttribute("data-sent");
    });
  });

  // How many mandatory boxes of each part are still empty, in the list of the form's parts.
  function isEmpty(field) {
    if (field.querySelector(".masked")) { return false; }
    var controls = Array.prototype.slice.call(field.querySelectorAll("input:not([type=hidden]), select, textarea"));
    var ticks = controls.filter(function (each) { return each.type === "radio" || each.type === "checkbox"; });
    var boxes = controls.filter(function (each) { return ticks.indexOf(each) < 0; });
    return (ticks.length && !ticks.some(function (each) { return each.checked; })) ||
      boxes.some(function (each) { return !each.value.trim(); });
  }
  function count(event) {
    var part = event.target.closest && event.target.closest("section[id]");
    var line = part && document.querySelector('[data-missing="' + part.id + '"]');
    if (!line) { return; }
    var missing = Array.prototype.filter.call(part.querySelectorAll("[data-mandatory]"), isEmpty).length;
    line.textContent = missing ? "还差 " + missing + " 项必填" : "必填已填全";
  }
  document.addEventListener("change", count);

  // A file that is too large is told when it is chosen, not after it was sent.
  document.addEventListener("change", function (event) {
    var input = event.target;
    var file = input.files && input.files[0];
    var largest = Number(input.getAttribute("data-largest"));
    if (!largest) { return; }
    var line = input.parentNode.querySelector("[data-chosen]");
    if (!line) {
      line = document.createElement("p");
      line.setAttribute("data-chosen", "");
      line.setAttribute("role", "alert");
      input.parentNode.appendChild(line);
    }
    var megabytes = file ? (file.size / 1048576).toFixed(1) : "";
    var over = file && file.size > largest;
    line.className = over ? "error" : "hint";
    line.textContent = !file ? "" : over
      ? "这个文件有 " + megabytes + " MB，超过 " + Math.floor(largest / 1048576) + " MB，请缩小后重新选择。"
      : "已选好，" + megabytes + " MB。";
  });

  document.addEventListener("click", function (event) {
    var button = event.target.closest && event.target.closest("[data-print]");
    if (button) { window.print(); }
  });
  Array.prototype.forEach.call(document.querySelectorAll("[data-print]"), function (button) { button.hidden = false; });
}());
