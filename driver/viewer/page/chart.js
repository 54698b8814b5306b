"use strict";
// One curve: points, their moving average, where stages begin, and the value under the pointer or the arrow keys.

const SIZE = { width: 420, height: 156, left: 46, right: 10, top: 20, bottom: 20 };

function niceTicks(low, high, wanted) {
  const rough = (high - low) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((value) => value >= rough);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * step; k += 1) ticks.push(k * step);
  return ticks;
}

function movingAverage(values) {
  const half = Math.min(12, Math.max(2, Math.floor(values.length / 20)));
  return values.map((_, at) => {
    const near = values.slice(Math.max(0, at - half), at + half + 1);
    return near.reduce((sum, value) => sum + value, 0) / near.length;
  });
}

function scales(curve) {
  let [low, high] = [Math.min(...curve.values), Math.max(...curve.values)];
  if (SHARES.test(curve.name) && low >= 0 && high <= 1) [low, high] = [0, Math.min(1, Math.max(0.05, high * 1.1))];
  else if (low >= 0 && low < high / 2) low = 0;
  if (low === 0 && high === 0) high = 1;
  if (low === high) [low, high] = [low - (Math.abs(low) || 1) * 0.1, high + (Math.abs(high) || 1) * 0.1];
  if (low !== 0) low -= (high - low) * 0.06;
  const [first, last] = [curve.steps[0], curve.steps[curve.steps.length - 1]];
  const across = SIZE.width - SIZE.left - SIZE.right;
  const up = SIZE.height - SIZE.top - SIZE.bottom;
  return {
    low, high, first, last,
    x: (step) => SIZE.left + (last === first ? across / 2 : ((step - first) / (last - first)) * across),
    y: (value) => SIZE.top + (1 - (value - low) / (high - low)) * up,
  };
}

function pathOf(scale, steps, values) {
  return steps.map((step, at) => `${at ? "L" : "M"}${scale.x(step).toFixed(1)} ${scale.y(values[at]).toFixed(1)}`).join("");
}

function tickText(curve, value) {
  return SHARES.test(curve.name) ? percent(value, value !== 0 && value < 0.02 ? 1 : 0) : amount(curve.name, value);
}

function axes(scale, curve) {
  const bottom = SIZE.height - SIZE.bottom;
  const levels = niceTicks(scale.low, scale.high, 4).map((value) => [
    svg("line", { class: "grid", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: scale.y(value), y2: scale.y(value) }),
    svg("text", { class: "tick", x: SIZE.left - 6, y: scale.y(value) + 3.5, "text-anchor": "end" }, tickText(curve, value)),
  ]);
  const steps = niceTicks(scale.first, scale.last, 5).filter(Number.isInteger).map((step) =>
    svg("text", { class: "tick", x: scale.x(step), y: bottom + 14, "text-anchor": "middle" }, count(step)));
  return [levels, svg("line", { class: "axis", x1: SIZE.left, x2: SIZE.width - SIZE.right, y1: bottom, y2: bottom }), steps];
}

const LABEL_WIDTH = 42;

function stageMarks(scale, stages) {
  const reached = stages.filter((stage) => stage.first_step !== null && stage.first_step <= scale.last);
  // Of those that begin before the curve does, the one that it begins in.
  const shown = reached.filter((stage, at) => !(reached[at + 1] && reached[at + 1].first_step <= scale.first));
  let free = 0;
  return shown.map((stage) => {
    const begins = stage.first_step > scale.first;
    const x = begins ? scale.x(stage.first_step - 0.5) : SIZE.left;
    const hasRoom = x >= free;
    if (hasRoom) free = x + LABEL_WIDTH;
    return [
      begins && svg("line", { class: "stage", x1: x, x2: x, y1: SIZE.top - 14, y2: SIZE.height - SIZE.bottom }),
      hasRoom && svg("text", { class: "tick", x: x + (begins ? 4 : 0), y: SIZE.top - 7 }, `stage ${stage.stage}`),
    ];
  });
}

function chart(curve, stages) {
  const scale = scales(curve);
  const lastValue = curve.values[curve.values.length - 1];
  const reading = el("output", { class: "reading" });
  const cursor = svg("g", { class: "cursor", visibility: "hidden" },
    svg("line", { y1: SIZE.top - 4, y2: SIZE.height - SIZE.bottom }), svg("circle", { r: 3.2 }));
  let at = curve.steps.length - 1;
  function show(index, isShown) {
    at = Math.min(curve.steps.length - 1, Math.max(0, index));
    const [x, y] = [scale.x(curve.steps[at]), scale.y(curve.values[at])];
    cursor.setAttribute("visibility", isShown ? "visible" : "hidden");
    cursor.firstChild.setAttribute("x1", x);
    cursor.firstChild.setAttribute("x2", x);
    cursor.lastChild.setAttribute("cx", x);
    cursor.lastChild.setAttribute("cy", y);
    reading.replaceChildren(isShown ? el("span", { class: "fine" }, `step ${count(curve.steps[at])} `) : "",
      el("b", {}, amount(curve.name, curve.values[at])));
  }
  const last = () => show(curve.steps.length - 1, false);
  const drawing = svg("svg", {
    viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, tabindex: 0, role: "img",
    "aria-label": `${label(curve.name)} over ${count(curve.steps.length)} points, steps ${scale.first} to ${scale.last}, `
      + `last ${amount(curve.name, lastValue)}; arrow keys read single steps`,
    onpointermove: (event) => {
      const box = drawing.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * SIZE.width;
      const distances = curve.steps.map((step) => Math.abs(scale.x(step) - x));
      show(distances.indexOf(Math.min(...distances)), true);
    },
    onpointerleave: last,
    onblur: last,
    onkeydown: (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!move) return;
      event.preventDefault();
      show(at + move, true);
    },
  }, axes(scale, curve), curve.phase === "train" && stages.length > 1 && stageMarks(scale, stages),
  svg("path", { class: "raw", d: pathOf(scale, curve.steps, curve.values) }),
  svg("path", { class: "mean", d: pathOf(scale, curve.steps, movingAverage(curve.values)) }),
  curve.steps.length === 1 && svg("circle", { class: "only", cx: scale.x(curve.steps[0]), cy: scale.y(lastValue), r: 3 }),
  cursor);
  last();
  return el("figure", { class: "chart" },
    el("figcaption", {}, el("span", { class: "what" }, label(curve.name)), reading), drawing);
}
