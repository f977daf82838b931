// Moves the picture: values below the pointer, zoom, series on and off. Texts are set as text, never as markup.
(function () {
  "use strict";
  const model = JSON.parse(document.getElementById("model").textContent);
  const svg = document.querySelector("main > svg");
  const tip = document.getElementById("tip");
  const hidden = new Set();
  const continuous = model.xUnit !== "category";
  const bars = model.kind === "column" || model.kind === "bar";
  const stackable = bars || model.kind === "area";
  const stacked = stackable && model.stacking !== "none";
  svg.querySelector("title").remove(); // browsers would show it below the pointer; the label stays
  const SPACE = "http://www.w3.org/2000/svg";
  const MOST_ROWS = 16;
  model.plots.forEach((plot) => { plot.home = { x: { ...plot.x }, y: { ...plot.y } }; });

  // ---- scales and labels

  const place = (scale, v) => scale.log
    ? (v > 0 ? Math.log(v / scale.low) / Math.log(scale.high / scale.low) : NaN)
    : (v - scale.low) / (scale.high - scale.low);
  const value = (scale, share) => scale.log
    ? scale.low * Math.pow(scale.high / scale.low, share)
    : scale.low + share * (scale.high - scale.low);
  const pixel = (plot, x, y) => {
    const along = place(plot.x, x), across = place(plot.y, y);
    return plot.upright
      ? [plot.left + along * plot.width, plot.top + (1 - across) * plot.height]
      : [plot.left + across * plot.width, plot.top + along * plot.height];
  };
  const coordinate = (n) => Math.round(Math.max(-1e5, Math.min(1e5, n)) * 10) / 10;
  const base = (plot, from) => plot.y.log ? Math.max(from, plot.y.low) : from;

  function roundStep(rough) {
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    return [1, 2, power === 1 ? 2 : 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough * 0.999999) || rough;
  }
  const spanSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000];
  function numberStep(low, high, count, unit) {
    const rough = (high - low) / count;
    if (unit === "span" && rough >= 1e7) {
      return (spanSteps.map((s) => s * 1e7).find((s) => s >= rough)) || roundStep(rough / 864e9) * 864e9;
    }
    return roundStep(rough);
  }
  function digits(v, step) {
    const places = step >= 1 && step % 1 < 1e-9 ? 0 : Math.min(9, Math.max(0, Math.floor(1 - Math.log10(step))));
    const text = v.toFixed(places);
    return (text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text).replace("-", "−");
  }
  function spanLabel(ticks) {
    for (const [size, name] of [[864e9, "d"], [36e9, "h"], [6e8, "m"], [1e7, "s"], [1e4, "ms"], [10, "µs"]]) {
      if (Math.abs(ticks) >= size) { return digits(ticks / size, 0.1) + name; }
    }
    return ticks === 0 ? "0" : digits(ticks * 100, 1) + "ns";
  }
  function numberLabel(v, step, size, unit) {
    if (unit === "span") { return spanLabel(v); }
    if (v === 0) { return "0"; }
    if (size < 1e-6 || size >= 1e15) { return v.toExponential(1).replace(".0e", "e").replace("e+", "e"); }
    for (const [from, per, letter] of [[1e12, 1e12, "T"], [1e9, 1e9, "B"], [1e6, 1e6, "M"], [1e4, 1e3, "k"]]) {
      if (size >= from && step >= per / 100) { return digits(v / per, step / per) + letter; }
    }
    return digits(v, step);
  }
  function numberTicks(scale, count, unit) {
    const ticks = [];
    if (scale.log) {
      const from = Math.floor(Math.log10(scale.low)), to = Math.ceil(Math.log10(scale.high));
      const powers = Math.max(1, to - from), every = Math.max(1, Math.ceil(powers / count));
      for (let p = from; p <= to; p += every) {
        for (const m of powers * 3 <= count ? [1, 2, 5] : [1]) {
          const v = m * Math.pow(10, p);
          if (v >= scale.low * 0.999999 && v <= scale.high * 1.000001) { ticks.push({ v, label: numberLabel(v, v, v, unit) }); }
        }
      }
      return ticks;
    }
    const step = numberStep(scale.low, scale.high, count, unit);
    const size = Math.max(Math.abs(scale.low), Math.abs(scale.high));
    const first = Math.ceil(scale.low / step - 1e-9);
    for (let i = 0; i <= 2 * count; i++) {
      const v = (first + i) * step;
      if (v > scale.high + step * 1e-9) { break; }
      ticks.push({ v, label: numberLabel(v, step, size, unit) });
    }
    return ticks;
  }

  const S = 1000, M = 60 * S, H = 60 * M, D = 24 * H;
  const timeSteps = [1, 2, 5, 10, 20, 50, 100, 200, 500, S, 2 * S, 5 * S, 10 * S, 15 * S, 30 * S, M, 2 * M, 5 * M, 10 * M, 15 * M,
    30 * M, H, 2 * H, 3 * H, 6 * H, 12 * H, D, 2 * D, 7 * D, 14 * D];
  const monthSteps = [1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 2400, 6000, 12000, 24000];
  const names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const FIRST_MONDAY = 719162 * D; // from 0001-01-01, a Monday, to 1970
  const two = (n) => String(n).padStart(2, "0");
  const year = (d) => String(d.getUTCFullYear()).padStart(4, "0");
  const date = (d) => year(d) + "-" + two(d.getUTCMonth() + 1) + "-" + two(d.getUTCDate());
  function timeLabel(v, step) {
    const d = new Date(v);
    const clock = two(d.getUTCHours()) + ":" + two(d.getUTCMinutes());
    if (step >= D) { return [names[d.getUTCMonth()] + " " + d.getUTCDate(), year(d)]; }
    if (step >= M) { return [clock, date(d)]; }
    const second = clock + ":" + two(d.getUTCSeconds());
    const fraction = step < S ? "." + String(d.getUTCMilliseconds()).padStart(3, "0").replace(/0+$/, "") : "";
    return [second + (fraction === "." ? "" : fraction), date(d)];
  }
  function timeTicks(scale, count) {
    const span = scale.high - scale.low, ticks = [];
    const rough = span / (span < count * S ? Math.max(2, Math.floor(count / 2)) : count) * 0.75;
    const step = timeSteps.find((s) => s >= rough);
    if (step) {
      for (let v = Math.ceil((scale.low + FIRST_MONDAY) / step) * step - FIRST_MONDAY; v <= scale.high; v += step) {
        const [label, context] = timeLabel(v, step);
        ticks.push({ v, label, context });
      }
    } else {
      const months = monthSteps.find((m) => m * 30 * D >= rough) || 60000;
      const start = new Date(scale.low);
      let month = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / months) * months;
      for (; ticks.length < 100; month += months) {
        const d = new Date(0);
        d.setUTCFullYear(Math.max(1, Math.floor(month / 12)), month % 12, 1);
        if (+d > scale.high) { break; }
        if (+d >= scale.low) {
          ticks.push(months >= 12 ? { v: +d, label: year(d) } : { v: +d, label: names[d.getUTCMonth()], context: year(d) });
        }
      }
    }
    let seen = null;
    ticks.forEach((t) => { if (t.context === seen) { delete t.context; } else { seen = t.context; } });
    return ticks;
  }

  function fullNumber(v) {
    if (!isFinite(v) || Math.abs(v) >= 1e15 || (v !== 0 && Math.abs(v) < 1e-4)) { return v.toExponential(); }
    const [whole, fraction] = Math.abs(v).toFixed(4).replace(/0+$/, "").replace(/\.$/, "").split(".");
    const text = whole.replace(/\B(?=(\d{3})+$)/g, ",") + (fraction ? "." + fraction : "");
    return (v < 0 ? "−" : "") + text;
  }
  function fullSpan(ticks) {
    let rest = Math.abs(Math.round(ticks));
    const days = Math.floor(rest / 864e9), fraction = rest % 1e7;
    rest = Math.floor(rest % 864e9 / 1e7);
    return (ticks < 0 ? "-" : "") + (days ? days + "." : "") + two(Math.floor(rest / 3600)) + ":" + two(Math.floor(rest / 60) % 60) + ":" +
      two(rest % 60) + (fraction ? "." + String(fraction).padStart(7, "0") : "");
  }
  function full(v, unit) {
    if (unit === "time") {
      const d = new Date(v), ms = d.getUTCMilliseconds();
      return date(d) + " " + two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + ":" + two(d.getUTCSeconds()) +
        (ms ? "." + String(ms).padStart(3, "0") : "");
    }
    if (unit === "category") { return model.categories[v] || ""; }
    return unit === "span" ? fullSpan(v) : fullNumber(v);
  }

  // ---- what is drawn of each series

  /** Spans {x, from, to} of the shown series of a panel; `to` is null in a gap. */
  function layers(plot) {
    const shown = plot.series.filter((i) => !hidden.has(i));
    if (!stacked) {
      return shown.map((i) => ({ i, spans: model.series[i].x.map((x, k) => ({ x, from: 0, to: model.series[i].y[k] })) }));
    }
    const places = [...new Set(shown.flatMap((i) => model.series[i].x))].sort((a, b) => a - b);
    const columns = shown.map((i) => {
      const sums = new Map();
      model.series[i].x.forEach((x, k) => sums.set(x, (sums.get(x) || 0) + (model.series[i].y[k] || 0)));
      return sums;
    });
    const above = new Map(), below = new Map();
    return shown.map((i, c) => ({
      i,
      spans: places.map((x) => {
        const total = model.stacking === "percent" ? columns.reduce((t, col) => t + Math.abs(col.get(x) || 0), 0) / 100 : 1;
        const y = total > 0 ? (columns[c].get(x) || 0) / total : 0;
        const edges = y < 0 ? below : above, from = edges.get(x) || 0;
        edges.set(x, from + y);
        return { x, from, to: from + y };
      }),
    }));
  }

  /** The spans within the zoom, and one beyond each end so that lines reach the edge. */
  function within(plot, spans) {
    if (!continuous) { return spans; }
    let first = spans.findIndex((s) => s.x >= plot.x.low);
    if (first < 0) { first = spans.length; }
    let last = spans.length - 1;
    while (last >= 0 && spans[last].x > plot.x.high) { last--; }
    return spans.slice(Math.max(0, first - 1), last + 2);
  }

  function rescale(plot, drawn) {
    plot.y = { ...plot.home.y };
    if (!plot.upright || model.stacking === "percent" || (plot.x.low === plot.home.x.low && plot.x.high === plot.home.x.high && !hidden.size)) { return; }
    let low = Infinity, high = -Infinity;
    drawn.forEach((layer) => layer.spans.forEach((s) => {
      if (s.to !== null && (!plot.y.log || s.to > 0)) { low = Math.min(low, s.to); high = Math.max(high, s.to); }
    }));
    if (low > high) { return; }
    if (plot.y.log) {
      low = Math.pow(10, Math.floor(Math.log10(low)));
      high = Math.pow(10, Math.ceil(Math.log10(high)));
    } else {
      if (stackable || (low > 0 && low / high < 0.75)) { low = Math.min(low, 0); high = Math.max(high, 0); }
      if (low === high) { low = Math.min(0, low); high = Math.max(low + 1, high); }
      const step = numberStep(low, high, plot.ticks, model.yUnit);
      low = Math.floor(low / step) * step;
      high = Math.ceil(high / step) * step;
    }
    if (!plot.fixed[0]) { plot.y.low = low; }
    if (!plot.fixed[1]) { plot.y.high = high; }
  }

  const at = (point) => coordinate(point[0]) + " " + coordinate(point[1]);
  function linePath(plot, spans) {
    let d = "", pen = "M";
    spans.forEach((s) => {
      const point = s.to === null ? [NaN, NaN] : pixel(plot, s.x, s.to);
      if (isFinite(point[0]) && isFinite(point[1])) { d += pen + at(point); pen = "L"; } else { pen = "M"; }
    });
    return d;
  }
  function areaPath(plot, spans) {
    let d = "", run = [];
    const close = () => {
      if (run.length) {
        d += "M" + run.map((s) => at(pixel(plot, s.x, base(plot, s.to)))).join("L") + "L" +
          run.reverse().map((s) => at(pixel(plot, s.x, base(plot, s.from)))).join("L") + "Z";
      }
      run = [];
    };
    spans.forEach((s) => { if (s.to === null) { close(); } else { run.push(s); } });
    close();
    return d;
  }
  function barsPath(plot, spans, position, share) {
    const width = plot.band * 0.82, each = width / share;
    return spans.filter((s) => s.to !== null && s.to !== s.from).map((s) => {
      const start = s.x - width / 2 + each * position;
      const a = pixel(plot, start, base(plot, s.from)), b = pixel(plot, start + each, base(plot, s.to));
      if (plot.upright && b[0] - a[0] < 0.8) { const m = (0.8 - b[0] + a[0]) / 2; a[0] -= m; b[0] += m; }
      return a.concat(b).every(isFinite)
        ? "M" + at(a) + "H" + coordinate(b[0]) + "V" + coordinate(b[1]) + "H" + coordinate(a[0]) + "Z" : "";
    }).join("");
  }
  function dotsPath(points, r) {
    return points.filter((p) => isFinite(p[0]) && isFinite(p[1]))
      .map((p) => "M" + at([p[0] - r, p[1]]) + "a" + r + " " + r + " 0 1 0 " + 2 * r + " 0a" + r + " " + r + " 0 1 0 " + -2 * r + " 0Z").join("");
  }
  function lonely(spans) {
    const few = spans.length <= 45;
    return spans.filter((s, k) => s.to !== null &&
      (few || ((k === 0 || spans[k - 1].to === null) && (k === spans.length - 1 || spans[k + 1].to === null))));
  }

  // ---- drawing

  function element(parent, name, attributes, text) {
    const made = document.createElementNS(SPACE, name);
    Object.entries(attributes).forEach(([key, v]) => made.setAttribute(key, v));
    if (text !== undefined) { made.textContent = text; }
    parent.appendChild(made);
    return made;
  }
  const label = (parent, x, y, anchor, text, bold) => element(parent, "text", {
    class: "faint", x: coordinate(x), y: coordinate(y), "font-size": bold ? 11 : 12, fill: "#57606A", "text-anchor": anchor,
    "font-weight": bold ? "bold" : "normal",
  }, text);

  function drawValues(plot, index) {
    const group = svg.querySelector('.values[data-plot="' + index + '"]');
    if (!group || !plot.upright) { return; }
    group.textContent = "";
    const zero = plot.y.log ? 0 : Math.min(1, Math.max(0, place(plot.y, 0)));
    const line = svg.querySelectorAll(".zero")[index];
    ["y1", "y2"].forEach((end) => line.setAttribute(end, coordinate(plot.top + (1 - zero) * plot.height)));
    numberTicks(plot.y, plot.ticks, model.yUnit).forEach((tick) => {
      const y = coordinate(plot.top + (1 - place(plot.y, tick.v)) * plot.height);
      element(group, "line", { class: "grid", x1: plot.left, x2: plot.left + plot.width, y1: y, y2: y, stroke: "#E4E7EB" });
      label(group, plot.left - 8, y + 4, "end", tick.label);
    });
  }
  function drawPlaces() {
    const group = svg.querySelector(".places"), plot = model.plots[model.plots.length - 1];
    if (!group || !continuous) { return; }
    group.textContent = "";
    const count = Math.min(14, Math.max(2, Math.floor(plot.width / 80))), bottom = plot.top + plot.height;
    const ticks = model.xUnit === "time" ? timeTicks(plot.x, count) : numberTicks(plot.x, count, model.xUnit);
    ticks.forEach((tick) => {
      const x = coordinate(plot.left + place(plot.x, tick.v) * plot.width);
      element(group, "line", { class: "axis", x1: x, x2: x, y1: bottom, y2: bottom + 5, stroke: "#8C959F" });
      label(group, x, bottom + 19, "middle", tick.label);
      if (tick.context) { label(group, x, bottom + 34, "middle", tick.context, true); }
    });
  }
  function drawSeries(plot, index) {
    const drawn = layers(plot).map((layer) => ({ i: layer.i, spans: within(plot, layer.spans) }));
    rescale(plot, drawn);
    const share = stacked ? 1 : drawn.length;
    const root = svg.querySelector('.plot[data-plot="' + index + '"]');
    root.querySelectorAll(".series").forEach((group) => { group.style.display = hidden.has(+group.dataset.series) ? "none" : ""; });
    drawn.forEach(({ i, spans }, position) => {
      const group = root.querySelector('.series[data-series="' + i + '"]');
      const set = (part, d) => { const path = group.querySelector("." + part); if (path) { path.setAttribute("d", d); } };
      const pixels = (list) => list.map((s) => s.to === null ? [NaN, NaN] : pixel(plot, s.x, s.to));
      set("line", linePath(plot, spans));
      set("area", areaPath(plot, spans));
      set("bars", barsPath(plot, spans, position % share, share));
      set("dots", model.kind === "scatter" ? dotsPath(pixels(spans), 3.2) : dotsPath(pixels(lonely(spans)), 2.6));
    });
  }
  function draw() {
    model.plots.forEach((plot, index) => { drawSeries(plot, index); drawValues(plot, index); });
    drawPlaces();
    unpoint();
  }

  // ---- the pointer

  const cross = element(svg, "line", { class: "cross", stroke: "#57606A", visibility: "hidden" });
  const drag = element(svg, "rect", { class: "drag", visibility: "hidden" });
  let grabbed = null;

  function position(event) {
    const box = svg.getBoundingClientRect(), view = svg.viewBox.baseVal;
    return [(event.clientX - box.left) * view.width / box.width, (event.clientY - box.top) * view.height / box.height];
  }
  const panelAt = ([x, y]) => model.plots.find((p) =>
    x >= p.left - 4 && x <= p.left + p.width + 4 && y >= p.top - 4 && y <= p.top + p.height + 4);

  function nearest(sorted, v) {
    let low = 0, high = sorted.length - 1;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (sorted[middle] < v) { low = middle; } else { high = middle; }
    }
    return Math.abs(sorted[low] - v) <= Math.abs(sorted[high] - v) ? low : high;
  }

  function unpoint() {
    tip.hidden = true;
    cross.setAttribute("visibility", "hidden");
  }
  function patch(slot) {
    const icon = element(document.createDocumentFragment(), "svg", { viewBox: "0 0 10 10" });
    const source = svg.querySelector(".f" + slot + ", .s" + slot);
    const color = source && (source.getAttribute("fill") !== "none" && source.getAttribute("fill") || source.getAttribute("stroke"));
    element(icon, "rect", { class: "f" + slot, width: 10, height: 10, rx: 2, fill: color || "#000000" });
    return icon;
  }
  function show(event, title, rows) {
    tip.textContent = "";
    const head = document.createElement("b");
    head.textContent = title;
    tip.appendChild(head);
    rows.slice(0, MOST_ROWS).forEach(([slot, name, text]) => {
      const row = document.createElement("div");
      const cells = [["name", name], ["value", text]].map(([kind, content]) => {
        const cell = document.createElement("span");
        cell.className = kind;
        cell.textContent = content;
        return cell;
      });
      row.append(patch(slot), ...cells);
      tip.appendChild(row);
    });
    if (rows.length > MOST_ROWS) {
      const more = document.createElement("div");
      more.textContent = "+" + (rows.length - MOST_ROWS) + " more";
      tip.appendChild(more);
    }
    tip.hidden = false;
    const main = tip.parentElement.getBoundingClientRect();
    const left = event.clientX - main.left + 16, top = event.clientY - main.top + 12;
    tip.style.left = Math.max(0, left + tip.offsetWidth > main.width ? left - tip.offsetWidth - 28 : left) + "px";
    tip.style.top = Math.max(0, Math.min(top, main.height - tip.offsetHeight)) + "px";
  }
  const slot = (i) => i % 12;

  function pointDots(event, plot, point) {
    let best = null;
    plot.series.filter((i) => !hidden.has(i)).forEach((i) => model.series[i].x.forEach((x, k) => {
      const y = model.series[i].y[k];
      if (y === null) { return; }
      const [px, py] = pixel(plot, x, y), far = Math.hypot(px - point[0], py - point[1]);
      if (far < 24 && (!best || far < best.far)) { best = { far, i, x, y }; }
    }));
    if (!best) { unpoint(); return; }
    show(event, full(best.x, model.xUnit), [[slot(best.i), model.series[best.i].name, full(best.y, model.yUnit)]]);
  }
  function pointPlaces(event, plot, point) {
    const share = plot.upright ? (point[0] - plot.left) / plot.width : (point[1] - plot.top) / plot.height;
    const wanted = value(plot.x, share), shown = model.plots.flatMap((p) => p.series).filter((i) => !hidden.has(i));
    const found = shown.map((i) => {
      const xs = model.series[i].x;
      return xs.length ? { i, k: nearest(xs, wanted), x: xs[nearest(xs, wanted)] } : null;
    }).filter((f) => f && f.x >= plot.x.low && f.x <= plot.x.high);
    if (!found.length) { unpoint(); return; }
    const x = found.reduce((a, b) => Math.abs(b.x - wanted) < Math.abs(a.x - wanted) ? b : a).x;
    const size = plot.upright ? plot.width : plot.height, line = place(plot.x, x);
    const rows = found
      .filter((f) => f.x === x || (continuous && Math.abs(place(plot.x, f.x) - line) * size <= 2))
      .map((f) => [f, model.series[f.i].y[f.k]])
      .sort((a, b) => (b[1] === null ? -Infinity : b[1]) - (a[1] === null ? -Infinity : a[1]))
      .map(([f, y]) => [slot(f.i), model.series[f.i].name, y === null ? "null" : full(y, model.yUnit)]);
    show(event, full(x, model.xUnit), rows);
    if (plot.upright) {
      const last = model.plots[model.plots.length - 1], px = coordinate(plot.left + line * plot.width);
      Object.entries({ x1: px, x2: px, y1: model.plots[0].top, y2: last.top + last.height, visibility: "visible" })
        .forEach(([key, v]) => cross.setAttribute(key, v));
    }
  }
  function pointSlice(event) {
    const slice = event.target.closest(".slice");
    if (!slice) { unpoint(); return; }
    const k = +slice.dataset.slice, ys = model.series[0].y, total = ys.reduce((a, b) => a + b, 0);
    const share = (100 * ys[k] / total).toFixed(1) + " %";
    show(event, model.categories[k], [[slot(k), full(ys[k], model.yUnit), share]]);
  }

  svg.addEventListener("pointermove", (event) => {
    if (model.kind === "pie") { pointSlice(event); return; }
    const point = position(event);
    if (grabbed) {
      const { plot, from } = grabbed, to = Math.max(plot.left, Math.min(plot.left + plot.width, point[0]));
      const last = model.plots[model.plots.length - 1];
      Object.entries({ x: Math.min(from, to), width: Math.abs(to - from), y: model.plots[0].top,
        height: last.top + last.height - model.plots[0].top, visibility: "visible" }).forEach(([key, v]) => drag.setAttribute(key, v));
      grabbed.to = to;
      unpoint();
      return;
    }
    const plot = panelAt(point);
    if (!plot) { unpoint(); } else if (model.kind === "scatter") { pointDots(event, plot, point); } else { pointPlaces(event, plot, point); }
  });
  svg.addEventListener("pointerleave", unpoint);
  svg.addEventListener("pointerdown", (event) => {
    const point = position(event), plot = panelAt(point);
    if (event.button === 0 && plot && continuous) {
      grabbed = { plot, from: Math.max(plot.left, Math.min(plot.left + plot.width, point[0])), to: null };
    }
  });
  window.addEventListener("pointerup", () => {
    if (!grabbed) { return; }
    const { plot, from, to } = grabbed;
    grabbed = null;
    drag.setAttribute("visibility", "hidden");
    if (to === null || Math.abs(to - from) < 6) { return; }
    const ends = [from, to].sort((a, b) => a - b).map((px) => value(plot.x, (px - plot.left) / plot.width));
    model.plots.forEach((p) => { p.x = { ...p.x, low: ends[0], high: ends[1] }; });
    draw();
  });
  svg.addEventListener("dblclick", () => {
    if (!continuous) { return; }
    model.plots.forEach((p) => { p.x = { ...p.home.x }; });
    draw();
  });
  svg.querySelectorAll(".key").forEach((key) => {
    const i = +key.dataset.series;
    const toggle = () => {
      if (!hidden.delete(i)) { hidden.add(i); }
      key.classList.toggle("off", hidden.has(i));
      key.setAttribute("aria-pressed", String(!hidden.has(i)));
      draw();
    };
    key.setAttribute("tabindex", "0");
    key.setAttribute("role", "button");
    key.setAttribute("aria-pressed", "true");
    key.addEventListener("click", toggle);
    key.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); toggle(); } });
  });
})();
