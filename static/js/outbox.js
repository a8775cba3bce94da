/* Forms filled in without network: kept on this device first, then sent; deleted when the server has them.
   A form takes part by data-outbox; body data-user or the form's data-user says whose it is. */
(function () {
  "use strict";
  var OLD_DAYS = 14, WAIT = 15000, EVERY = 30000;
  var root = document.documentElement;
  var worker = document.querySelector("script[data-worker]");
  var here = document.querySelector("[data-outbox-user]");
  var user = here ? here.getAttribute("data-outbox-user") : "";
  var base = worker ? worker.getAttribute("data-outbox-url") : "/outbox/";
  var badge = document.querySelector("[data-outbox-badge]");
  var list = document.querySelector("[data-outbox-list]");
  var status = document.getElementById("status");
  var busy = null;

  if (worker && navigator.serviceWorker) {
    navigator.serviceWorker.register(worker.getAttribute("data-worker"), { scope: "/" }).then(function () {
      return navigator.serviceWorker.ready;
    }).then(function (ready) { if (user && ready.active && !list) { ready.active.postMessage("keep"); } }).catch(function () { return null; });
  }
  if (!window.indexedDB || !window.fetch || !window.Promise) { return; }

  /* --- what this device keeps -------------------------------------------------------------------- */
  function open() {
    return new Promise(function (resolve, reject) {
      var asked = window.indexedDB.open("federation", 1);
      asked.onupgradeneeded = function () { asked.result.createObjectStore("outbox", { keyPath: "id" }); };
      asked.onsuccess = function () { resolve(asked.result); };
      asked.onerror = function () { reject(asked.error); };
    });
  }
  function withStore(mode, work) {
    return open().then(function (db) {
      return new Promise(function (resolve, reject) {
        var deal = db.transaction("outbox", mode), answer = work(deal.objectStore("outbox"));
        deal.oncomplete = function () { db.close(); resolve(answer && answer.result); };
        deal.onerror = deal.onabort = function () { db.close(); reject(deal.error); };
      });
    });
  }
  function all() { return withStore("readonly", function (store) { return store.getAll(); }); }
  function mine() { return all().then(function (items) { return items.filter(function (item) { return item.user === user; }); }); }
  function put(item) { return withStore("readwrite", function (store) { return store.put(item); }); }
  function drop(item) { return withStore("readwrite", function (store) { return store.delete(item.id); }); }

  /* --- sending ----------------------------------------------------------------------------------- */
  function ask(url, options) {
    var stop = window.AbortController ? new AbortController() : null;
    var timer = stop ? window.setTimeout(function () { stop.abort(); }, WAIT) : 0;
    options.credentials = "same-origin";
    options.redirect = "manual";
    if (stop) { options.signal = stop.signal; }
    return fetch(url, options).then(function (answer) { window.clearTimeout(timer); return answer; }, function (error) { window.clearTimeout(timer); throw error; });
  }
  function Stop(why) { this.why = why; }
  /* Who is logged in, a token, and which forms have arrived meanwhile. */
  function whoIsThere(items) {
    var keys = items.map(function (item) { return item.key; }).join(",");
    return ask(base + "state/?keys=" + keys, { headers: { Accept: "application/json" } }).then(function (answer) {
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) { throw new Stop("login"); }
      if (!answer.ok) { throw new Stop("network"); }
      return answer.json();
    }, function () { throw new Stop("network"); });
  }
  function send(item, token) {
    var body = new FormData();
    item.fields.forEach(function (pair) {
      if (pair[1] && pair[1].blob) { body.append(pair[0], pair[1].blob, pair[1].name); } else { body.append(pair[0], pair[1]); }
    });
    body.append("csrfmiddlewaretoken", token);
    return ask(item.url, { method: "POST", body: body, headers: { "X-Outbox": "1", "X-CSRFToken": token } }).then(function (answer) {
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) { throw new Stop("login"); }
      if (answer.status >= 500) { throw new Stop("network"); }
      if (answer.status === 201) {
        return answer.json().then(function (told) { return drop(item).then(function () { return { state: "stored", location: told.location }; }); });
      }
      item.state = "check";
      item.why = answer.status === 409 ? "conflict" : answer.status === 404 ? "gone" : "invalid";
      return put(item).then(function () { return { state: "check", why: item.why }; });
    }, function () { throw new Stop("network"); });
  }
  function sendAll() {
    var results = {};
    return mine().then(function (items) {
      if (!items.length) { return results; }
      return whoIsThere(items).then(function (there) {
        if (there.user !== user) { throw new Stop("other"); }
        var chain = Promise.resolve();
        items.forEach(function (item) {
          chain = chain.then(function () {
            if (there.stored.indexOf(item.key) >= 0) { return drop(item).then(function () { results[item.key] = { state: "stored" }; }); }
            if (item.state !== "waiting") { return null; }
            return send(item, there.token).then(function (result) { results[item.key] = result; });
          });
        });
        return chain.then(function () { return results; });
      });
    });
  }
  /* One window sends at a time; without locks the key in the database decides. */
  function flush() {
    if (!user) { return show("").then(function () { return {}; }); }
    if (busy) { return busy; }
    var work = navigator.locks
      ? function () { return navigator.locks.request("federation-outbox", sendAll); }
      : sendAll;
    busy = work().then(function (results) { busy = null; return show("", results).then(function () { return results; }); },
      function (stop) { busy = null; return show(stop && stop.why).then(function () { return { stopped: (stop && stop.why) || "network" }; }); });
    return busy;
  }

  /* --- saying it --------------------------------------------------------------------------------- */
  var STOPPED = { network: "没有网络，有网络时自动发送。", login: "登录已结束，重新登录后自动发送。", other: "这些表是另一个账号填的，用那个账号登录后才会发送。" };
  var WHY = { conflict: "与系统里的内容有冲突", invalid: "填写有误", gone: "这份表已经不在您的范围内" };
  function words(items) {
    var waiting = items.filter(function (item) { return item.state === "waiting"; }).length, check = items.length - waiting;
    return (waiting ? waiting + " 份待发送" : "") + (waiting && check ? "，" : "") + (check ? check + " 份需要核对" : "");
  }
  function show(stopped, results) {
    return all().then(function (items) {
      var own = items.filter(function (item) { return item.user === user; }), others = items.length - own.length;
      var stored = results ? Object.keys(results).filter(function (key) { return results[key].state === "stored"; }).length : 0;
      if (badge) { badge.hidden = !own.length; badge.textContent = "待发箱：" + words(own); }
      root.setAttribute("data-outbox-count", String(own.length));
      if (list) { draw(own, others); }
      if (status && (list || stored)) {
        var line = stored ? stored + " 份已送达。" : "";
        if (own.length) { line += words(own) + "。" + (stopped ? STOPPED[stopped] || "" : ""); } else if (list && !stored) { line = "全部已送达，本机没有待发的表。"; }
        if (line) { status.textContent = line; }
      }
    }).catch(function () { return null; });
  }
  function element(name, text, parent) {
    var made = document.createElement(name);
    if (text) { made.textContent = text; }
    if (parent) { parent.appendChild(made); }
    return made;
  }
  function button(text, parent, work) {
    var made = element("button", text, parent);
    made.type = "button";
    made.className = "button button-small";
    made.addEventListener("click", work);
    return made;
  }
  function draw(own, others) {
    list.textContent = "";
    if (!own.length) { element("p", "没有待发的表。", list); }
    own.sort(function (a, b) { return a.at - b.at; }).forEach(function (item) {
      var box = element("section", "", list), day = new Date(item.at);
      box.className = "panel";
      element("h2", item.title || "未写姓名的表", box);
      var age = Math.floor((Date.now() - item.at) / 86400000);
      element("p", day.toLocaleString("zh-CN") + " 填写，" + (item.state === "waiting" ? "待发送" : "需要核对：" + (WHY[item.why] || "")) + (age >= OLD_DAYS ? "。已放了 " + age + " 天，请尽快连网发送" : ""), box);
      if (item.why === "gone" && item.state !== "waiting") {
        element("p", "这个人已转到别处登记，或者已不归您负责，改动不能再保存。您填的内容还在，请照着告诉现在负责的残联，再删除。", box);
        var more = element("details", "", box), pairs = element("dl", "", more);
        more.insertBefore(element("summary", "看填写的内容"), pairs);
        pairs.className = "facts";
        (item.said || []).forEach(function (pair) {
          var line = element("div", "", pairs);
          element("dt", pair[0], line);
          element("dd", pair[1], line);
        });
      }
      var row = element("div", "", box);
      row.className = "actions";
      if (item.state !== "waiting" && item.why !== "gone") { button("核对", row, function () { openAsPage(item); }).setAttribute("aria-label", "核对：" + item.title); }
      button("删除", row, function () {
        if (window.confirm("删除后这份表的内容就没有了：" + item.title + "。确定删除吗？")) { drop(item).then(function () { return show(""); }); }
      }).setAttribute("aria-label", "删除：" + item.title);
    });
    if (others) { element("p", "这台设备上还有别的账号填的 " + others + " 份表，用那个账号登录后发送。", list); }
  }

  /* --- forms ------------------------------------------------------------------------------------- */
  function newKey() {
    if (window.crypto.randomUUID) { return window.crypto.randomUUID(); }
    var bytes = window.crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64; bytes[8] = (bytes[8] & 63) | 128;
    var hex = Array.prototype.map.call(bytes, function (each) { return (each + 256).toString(16).slice(1); }).join("");
    return hex.slice(0, 8) + "-" + hex.slice(8, 12) + "-" + hex.slice(12, 16) + "-" + hex.slice(16, 20) + "-" + hex.slice(20);
  }
  function read(form, by) {
    var fields = [];
    new FormData(form).forEach(function (value, name) {
      if (name === "csrfmiddlewaretoken") { return; }
      if (typeof value === "string") { fields.push([name, value]); } else if (value.size) { fields.push([name, { blob: value, name: value.name }]); }
    });
    if (by && by.name) { fields.push([by.name, by.value]); }
    return fields;
  }
  /* What was filled in, in the words of the page: shown where the form itself cannot be opened any more. */
  function said(form) {
    var lines = [];
    Array.prototype.forEach.call(form.elements, function (each) {
      if (!each.name || !each.value || !/^(INPUT|SELECT|TEXTAREA)$/.test(each.tagName) || /^(hidden|file|password)$/.test(each.type)) { return; }
      var picked = each.type === "radio" || each.type === "checkbox", label = each.labels && each.labels[0] ? each.labels[0].textContent.trim() : "";
      if (picked && !each.checked) { return; }
      var group = each.closest("fieldset"), legend = group && group.querySelector("legend");
      var value = picked ? label : each.options ? each.options[each.selectedIndex].text : each.value;
      if (legend && (picked || /^(年|月|日)$/.test(label))) { lines.push([legend.textContent.trim(), picked ? value : value + " " + label]); } else { lines.push([label, value]); }
    });
    return lines;
  }
  function choose(input, kept) {
    if (!window.DataTransfer) { return; }
    var holder = new DataTransfer();
    holder.items.add(new File([kept.blob], kept.name, { type: kept.blob.type }));
    input.files = holder.files;
  }
  /* A page drawn again by the server has empty boxes for files: what waits here under the same key is put back,
     unless it is the file that was refused. */
  function putFilesBack(form, key) {
    mine().then(function (items) {
      items.filter(function (item) { return item.key === key; }).forEach(function (item) {
        item.fields.forEach(function (pair) {
          var input = pair[1] && pair[1].blob ? form.elements[pair[0]] : null, again = document.querySelector("[data-file-again]");
          if (!input || input.type !== "file" || input.getAttribute("aria-invalid") === "true") { return; }
          choose(input, pair[1]);
          if (again && input.files.length) { again.hidden = true; }
        });
      });
    }).catch(function () { return null; });
  }
  /* Sent as a page, so that the server draws its errors or both versions; the key tells when it has arrived. */
  function openAsPage(item) {
    whoIsThere([item]).then(function (there) {
      var form = element("form", "", document.body);
      form.method = "post";
      form.action = item.url;
      form.hidden = true;
      item.fields.concat([["csrfmiddlewaretoken", there.token]]).forEach(function (pair) {
        var input = element("input", "", form);
        input.name = pair[0];
        if (pair[1] && pair[1].blob) {
          form.enctype = "multipart/form-data";
          input.type = "file";
          choose(input, pair[1]);
          return;
        }
        input.type = "hidden"; input.value = pair[1];
      });
      HTMLFormElement.prototype.submit.call(form);
    }, function (stop) { show(stop.why); });
  }
  function take(form) {
    var key = form.elements.submission_key;
    if (!key) { return; }
    form.setAttribute("data-repeat", "");
    if (key.value) { putFilesBack(form, key.value); } else { key.value = newKey(); }
    form.addEventListener("submit", function (event) {
      if (!user || form.hasAttribute("data-busy") || (event.submitter && event.submitter.hasAttribute("data-plain"))) { if (form.hasAttribute("data-busy")) { event.preventDefault(); } return; }
      event.preventDefault();
      form.setAttribute("data-busy", "");
      if (status) { status.textContent = "已存于本机，正在发送……"; }
      var name = form.elements.name;
      var item = {
        id: user + " " + key.value, key: key.value, user: user, url: form.getAttribute("action") || window.location.pathname,
        title: name ? name.value : "", fields: read(form, event.submitter), said: said(form), state: "waiting", at: Date.now()
      };
      put(item).then(function () { return flush(); }, function () { form.submit(); return null; }).then(function (results) {
        if (!results) { return; }
        form.removeAttribute("data-busy");
        var result = results[item.key];
        if (result && result.state === "stored") { window.location.assign(result.location || base); return; }
        if (result && result.state === "check" && result.why !== "gone") { openAsPage(item); return; }
        window.location.assign(base);
      });
    });
  }
  Array.prototype.forEach.call(document.querySelectorAll("form[data-outbox]"), take);

  document.addEventListener("submit", function (event) {
    var form = event.target, count = Number(root.getAttribute("data-outbox-count") || 0);
    if (!form.hasAttribute("data-logout")) { return; }
    event.preventDefault();
    mine().then(function (items) {
      var names = items.map(function (item) { return item.title || "未写姓名"; }).join("、");
      if (items.length && !window.confirm("还有 " + items.length + " 份表没有送到：" + names + "。退出会从这台设备删除它们。要先送出，请按“取消”；确定退出并删除吗？")) {
        form.removeAttribute("data-sent");
        return null;
      }
      return Promise.all(items.map(drop)).then(function () {
        return window.caches ? window.caches.keys().then(function (names) { return Promise.all(names.map(function (each) { return window.caches.delete(each); })); }) : null;
      }).then(function () { form.submit(); });
    }).catch(function () { form.submit(); });
    return count;
  });
  var now = document.querySelector("[data-outbox-send]");
  if (now) { now.hidden = false; now.addEventListener("click", flush); }
  window.addEventListener("online", flush);
  window.setInterval(flush, EVERY);
  flush();
}());
