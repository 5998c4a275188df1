"use strict";
// Shows times in the reader's zone; the title keeps UTC. The page works without this script.
(function () {
  var day = { year: "numeric", month: "2-digit", day: "2-digit" };
  var clock = { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false };
  function isToday(t) { return t.toDateString() === new Date().toDateString(); }
  function localize(root) {
    root.querySelectorAll("time[datetime]").forEach(function (e) {
      var t = new Date(e.getAttribute("datetime"));
      if (isNaN(t)) { return; }
      var text = t.toLocaleTimeString("sv-SE", clock);
      e.textContent = isToday(t) ? text : t.toLocaleDateString("sv-SE", day) + " " + text;
    });
    root.querySelectorAll("text[data-hour]").forEach(function (e) {
      e.textContent = new Date(e.getAttribute("data-hour")).toLocaleTimeString("sv-SE", { hour: "2-digit", minute: "2-digit" });
    });
  }
  localize(document);
  document.addEventListener("htmx:afterSettle", function () { localize(document); });
})();
