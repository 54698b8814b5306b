"use strict";
// Makes elements. Texts of a run only ever become text nodes or attribute values: nothing here parses markup.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

function filled(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function el(tag, attributes, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes, ...children) {
  return filled(document.createElementNS(SVG_NAMESPACE, tag), attributes, children);
}

function byId(id) {
  return document.getElementById(id);
}

// A table: columns are {title, cell, value, isNumber}; with `value` a column can be sorted by its heading.
function table(caption, columns, rows, order, kind) {
  const body = el("tbody");
  const state = { column: order ? order.column : -1, down: order ? order.down : false };
  const heads = columns.map((column, index) => {
    const button = column.value && el("button", { type: "button", class: "sort", onclick: () => sortBy(index) }, column.title);
    return el("th", { scope: "col", class: column.isNumber ? "n" : null }, button || column.title);
  });
  function sortBy(index) {
    state.down = state.column === index ? !state.down : Boolean(columns[index].isNumber);
    state.column = index;
    if (order) Object.assign(order, state);
    draw();
  }
  function draw() {
    const sorted = [...rows];
    if (state.column >= 0) {
      const value = columns[state.column].value;
      const sign = state.down ? -1 : 1;
      // What is not known stands last, whichever way.
      sorted.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (x === null || y === null) return (x === null) - (y === null);
        return sign * (typeof x === "string" ? x.localeCompare(y) : x - y);
      });
    }
    heads.forEach((head, index) => {
      if (index === state.column) head.setAttribute("aria-sort", state.down ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    body.replaceChildren(...sorted.map((row) => el("tr", {}, columns.map((column, index) =>
      el(index ? "td" : "th", { scope: index ? null : "row", class: column.isNumber ? "n" : null }, column.cell(row))))));
  }
  draw();
  return el("div", { class: "scroll" },
    el("table", { class: kind }, el("caption", { class: "hidden" }, caption), el("thead", {}, el("tr", {}, heads)), body));
}
