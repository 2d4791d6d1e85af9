// Renews the page every two seconds while it is seen. Without this script the
// page works too: it then reloads itself.
(function () {
  "use strict";
  var nav = document.querySelector("nav"), page = nav.querySelector("[aria-current]");
  if (page) nav.scrollLeft = Math.max(nav.scrollLeft, page.offsetLeft + page.offsetWidth + 16 - nav.offsetLeft - nav.clientWidth);
  var live = document.body.hasAttribute("data-live");
  var toggle = document.getElementById("toggle");
  if (!toggle) return;
  var busy = false;

  function state(name, off) {
    toggle.textContent = "";
    var dot = document.createElement("span");
    dot.className = off ? "dot off" : "dot";
    toggle.append(dot, name);
    toggle.setAttribute("aria-pressed", String(live));
  }

  function put(doc, selector) {
    var now = document.querySelector(selector), next = doc.querySelector(selector);
    if (!now || !next) return;
    var scrolled = Array.from(now.querySelectorAll(".scroll"), function (e) { return e.scrollLeft; });
    now.replaceChildren.apply(now, Array.from(next.childNodes));
    now.querySelectorAll(".scroll").forEach(function (e, i) { if (scrolled[i]) e.scrollLeft = scrolled[i]; });
  }

  async function renew() {
    if (!live || busy || document.hidden) return;
    var at = document.activeElement;
    if (at && at.closest && at.closest("main form")) return; // someone types
    if (String(document.getSelection())) return; // someone copies
    busy = true;
    try {
      var answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok) throw new Error(answer.status);
      var doc = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (!live) return;
      var focused = at && at.closest && at.closest("main") && at.getAttribute("href");
      put(doc, "main");
      put(doc, "nav");
      put(doc, "footer p");
      if (focused) {
        var same = Array.from(document.querySelectorAll("main a")).find(function (a) { return a.getAttribute("href") === focused; });
        if (same) same.focus({ preventScroll: true });
      }
      state("live", false);
    } catch (e) {
      if (live) state("no answer", true);
    } finally {
      busy = false;
    }
  }

  toggle.addEventListener("click", function (e) {
    e.preventDefault();
    live = !live;
    state(live ? "live" : "paused", !live);
    renew();
  });
  document.addEventListener("visibilitychange", renew);
  setInterval(renew, 2000);
})();
