/* Keeps styles, scripts, the outbox page and blank forms. Never a page with people in it, never a POST. */
"use strict";
const CACHE = "federation-@VERSION@";
const FILES = {{ files|safe }};
/* Address of a form: address of the same form, blank. */
const FORMS = {{ forms|safe }};
const NO_NETWORK = "{% url 'no-network' %}";
const OUTBOX = "{% url 'outbox' %}";
const PATIENCE = 8000;

function keepPage(cache, address) {
  /* A redirect means that nobody is logged in: what is kept stays. */
  return fetch(address, { credentials: "same-origin", redirect: "manual" })
    .then((answer) => (answer.ok ? cache.put(address, answer) : null))
    .catch(() => null);
}
function keepPages() {
  return caches.open(CACHE).then((cache) => Promise.all([OUTBOX].concat(Object.values(FORMS)).map((each) => keepPage(cache, each))));
}
self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(CACHE)
      .then((cache) => cache.addAll(FILES.concat([NO_NETWORK])))
      .then(keepPages)
      .then(() => self.skipWaiting())
  );
});
self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
  );
});
self.addEventListener("message", (event) => {
  /* After a login and now and then: villages come and go, and the form changes. */
  if (event.data === "keep") { event.waitUntil(keepPages()); }
});

function fromNetwork(request) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("slow")), PATIENCE);
    fetch(request).then((answer) => { clearTimeout(timer); resolve(answer); }, (error) => { clearTimeout(timer); reject(error); });
  });
}
function kept(path) {
  const address = FORMS[path] || (path === OUTBOX ? OUTBOX : NO_NETWORK);
  return caches.match(address).then((page) => page || caches.match(NO_NETWORK));
}
self.addEventListener("fetch", (event) => {
  const request = event.request;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) { return; }
  if (request.mode === "navigate") {
    event.respondWith(fromNetwork(request).catch(() => kept(url.pathname)));
    return;
  }
  if (FILES.indexOf(url.pathname) >= 0) {
    event.respondWith(caches.match(url.pathname).then((file) => file || fetch(request)));
  }
});
