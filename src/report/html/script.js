"use strict";
(() => {
  const map = document.getElementById("map");
  const whole = map.getAttribute("viewBox");
  let inside = map;
  const show = (group) => {
    inside = group;
    const rect = group === map ? null : group.querySelector("rect");
    const numbers = ["x", "y", "width", "height"];
    map.setAttribute("viewBox", rect ? numbers.map((name) => rect.getAttribute(name)).join(" ") : whole);
  };
  map.addEventListener("click", (event) => {
    // The next level below what is shown now, towards what was clicked.
    let next = null;
    for (let group = event.target.closest("g.in"); group && group !== inside; group = group.parentNode.closest("g.in")) {
      next = group;
    }
    show(next && inside.contains(next) ? next : map);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show(map);
  });
  document.getElementById("how").hidden = false;
})();
