"use strict";
/* Reads drawn values out under the pointer, a finger or the arrow keys. The charts stand without it. */
(function () {
  var NARROW = "\u202f", DAY = 86400000;
  function figures(value, digits) {
    return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })
      .replace("-", "\u2212");
  }
  var forms = {
    usd: function (v) { return figures(v, 0) + NARROW + "USD"; },
    percent: function (v) { return figures(100 * v, 1) + NARROW + "%"; },
    fine_percent: function (v) { return figures(100 * v, 2) + NARROW + "%"; },
    pct: function (v) { return figures(v, 2) + NARROW + "%"; },
    ratio: function (v) { return figures(v, 3); },
    number: function (v) { return figures(v, 2); }
  };
  function numbers(text) {
    return text.split(",").map(function (part) { return part === "" ? NaN : Number(part); });
  }
  function chart(figure) {
    var day = 0, data = figure.dataset;
    var days = numbers(data.steps).map(function (step) { return (day += step); });
    var low = Number(data.low), high = Number(data.high), isLog = data.log === "1";
    var plot = figure.querySelector(".plot"), time = figure.querySelector("time");
    var cursor = figure.querySelector(".cursor"), dots = plot.querySelectorAll(".dot");
    var rest = time.textContent;
    var keys = Array.prototype.map.call(figure.querySelectorAll(".key"), function (key, at) {
      var output = key.querySelector("output");
      return { values: numbers(key.dataset.values), output: output, rest: output.textContent,
        dot: dots[at], home: dots[at].style.cssText };
    });
    function height(value) {
      var share = isLog ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
      return 100 * (1 - Math.min(Math.max(share, 0), 1)) + "%";
    }
    function nearest(wanted) {
      var from = 0, to = days.length - 1;
      while (to - from > 1) {
        var middle = (from + to) >> 1;
        if (days[middle] < wanted) { from = middle; } else { to = middle; }
      }
      return wanted - days[from] < days[to] - wanted ? from : to;
    }
    var start = Date.parse(data.from + "T00:00:00Z"), at = days.length - 1;
    return {
      figure: figure, plot: plot,
      dateAt: function (clientX) {
        var box = plot.getBoundingClientRect();
        return start + DAY * days[days.length - 1] * Math.min(Math.max((clientX - box.left) / box.width, 0), 1);
      },
      step: function (by) {
        at = Math.min(Math.max(at + by, 0), days.length - 1);
        return start + DAY * days[at];
      },
      show: function (moment) {
        at = nearest((moment - start) / DAY);
        var left = 100 * days[at] / days[days.length - 1] + "%";
        figure.classList.add("reading");
        cursor.style.left = left;
        time.textContent = new Date(start + DAY * days[at]).toISOString().slice(0, 10);
        keys.forEach(function (key) {
          var value = key.values[at], isKnown = !isNaN(value);
          key.output.textContent = isKnown ? forms[data.form](value) : "\u2013";
          key.dot.style.display = isKnown ? "" : "none";
          if (isKnown) { key.dot.style.left = left; key.dot.style.top = height(value); }
        });
      },
      leave: function () {
        figure.classList.remove("reading");
        time.textContent = rest;
        at = days.length - 1;
        keys.forEach(function (key) { key.output.textContent = key.rest; key.dot.style.cssText = key.home; });
      }
    };
  }
  var charts = Array.prototype.map.call(document.querySelectorAll("figure.chart"), chart);
  charts.forEach(function (one) {
    var group = charts.filter(function (other) {
      return other === one || (one.figure.dataset.group && other.figure.dataset.group === one.figure.dataset.group);
    });
    function show(moment) { group.forEach(function (other) { other.show(moment); }); }
    function leave() { group.forEach(function (other) { other.leave(); }); }
    function point(event) { show(one.dateAt(event.clientX)); }
    one.plot.addEventListener("pointermove", point);
    one.plot.addEventListener("pointerdown", point);
    one.plot.addEventListener("pointerleave", leave);
    one.figure.addEventListener("blur", leave);
    one.figure.addEventListener("keydown", function (event) {
      var by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (by) { event.preventDefault(); show(one.step(event.shiftKey ? 21 * by : by)); }
      if (event.key === "Escape") { leave(); }
    });
  });
}());
