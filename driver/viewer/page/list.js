"use strict";
// The filters and the list of rollouts.

const PAGE_SIZE = 50;
const RANGES = [["reward", "Reward", "0.05"], ["step", "Step", "1"], ["version", "Version", "1"]];
const list = { shown: "", page: null, total: 0, seen: 0 };
const FILTERS = ["text", "phase", "family", "right", "end_reason", "stage", "order",
  ...RANGES.flatMap(([name]) => [`${name}_from`, `${name}_to`])];

// A rollout in an address: the name of its file, then its own, which has slashes.
function addressOf(line) {
  return `${line.file}/${line.rollout_id}`;
}

function partsOf(address) {
  const at = address.indexOf("/");
  return [address.slice(0, at), address.slice(at + 1)];
}

function chooser(name, title, options) {
  return el("div", { class: "field" }, el("label", { for: `f-${name}` }, title),
    el("select", { id: `f-${name}`, name, onchange: applyFilters },
      options.map(([value, text]) => el("option", { value }, text))));
}

function rangeField(name, title, step) {
  const input = (end, said) => el("input", { type: "number", step, id: `f-${name}_${end}`, name: `${name}_${end}`,
    "aria-label": `${title} ${said}`, onchange: applyFilters });
  return el("div", { class: "field range" }, el("span", { class: "label" }, title), input("from", "from"),
    el("span", { "aria-hidden": "true" }, "\u2013"), input("to", "to"));
}

function filterForm(run) {
  const choices = run.choices;
  const some = (title, values, text) => [["", title], ...values.map((value) => [String(value), text(value)])];
  let waiting = 0;
  return el("form", { id: "filters", role: "search", onsubmit: (event) => {
    event.preventDefault();
    applyFilters();
  } },
  el("div", { class: "field search" }, el("label", { for: "f-text", class: "hidden" }, "Search in questions and transcripts"),
    el("input", { type: "search", id: "f-text", name: "text", placeholder: "Search texts ( / )",
      autocomplete: "off", oninput: () => {
        clearTimeout(waiting);
        waiting = setTimeout(applyFilters, 350);
      } })),
  chooser("phase", "Phase", some("all", choices.phases, phaseLabel)),
  chooser("family", "Family", some("all", choices.families, String)),
  chooser("right", "Outcome", [["", "both"], ["true", "right"], ["false", "wrong"]]),
  chooser("end_reason", "End", some("all", choices.end_reasons, endLabel)),
  choices.stages.length > 1 && chooser("stage", "Stage", some("all", choices.stages, String)),
  chooser("order", "Order", [["", "newest first"], ["oldest", "oldest first"], ["reward_high", "highest reward"],
    ["reward_low", "lowest reward"], ["longest", "longest"]]),
  el("details", { class: "ranges" }, el("summary", {}, "Ranges"),
    el("div", {}, RANGES.map(([name, title, step]) => rangeField(name, title, step)))),
  el("button", { type: "button", class: "clear", onclick: () => go(rolloutsAt({})) }, "Clear"));
}

function applyFilters() {
  const chosen = Object.fromEntries([...new FormData(byId("filters"))].filter(([, value]) => value !== ""));
  go(rolloutsAt({ ...chosen, open: route.parameters.open, beside: route.parameters.beside }));
}

function showFilters() {
  for (const name of FILTERS) {
    const field = byId(`f-${name}`);
    const value = route.parameters[name] || "";
    if (!field) continue;
    // A value that there is no choice for (a family without rollouts) is still the filter: it is shown as one.
    if (field.tagName === "SELECT" && ![...field.options].some((option) => option.value === value)) {
      field.append(el("option", { value }, value));
    }
    if (field.value !== value && field !== document.activeElement) field.value = value;
  }
  if (RANGES.some(([name]) => route.parameters[`${name}_from`] || route.parameters[`${name}_to`])) {
    document.querySelector(".ranges").open = true;
  }
}

function lineNode(line) {
  return el("li", {}, el("a", { class: `line ${line.is_correct ? "right" : "wrong"}`, "data-address": addressOf(line),
    href: rolloutsAt({ ...route.parameters, open: addressOf(line), beside: null }) },
  el("span", { class: "dot", title: line.is_correct ? "right" : "wrong" }, el("span", { class: "hidden" }, line.is_correct ? "right" : "wrong")),
  el("span", { class: "family" }, line.family),
  el("span", { class: "n" }, fixed(line.reward)),
  el("span", { class: "n step" }, line.phase === "train" ? `step ${line.step}` : phaseLabel(line.phase).replace("Evaluation, ", "")),
  el("span", { class: "beginning" }, line.beginning),
  el("span", { class: "end" }, line.end_reason === "answer" ? "" : endLabel(line.end_reason)),
  el("span", { class: "n tokens" }, `${count(line.num_tokens)} tok`)));
}

function pageLinks(total) {
  const last = Math.max(1, Math.ceil(total / PAGE_SIZE));
  const at = Number(route.parameters.page || 1);
  const link = (page, text, says) => (page < 1 || page > last || page === at
    ? el("span", { class: "off", "aria-hidden": "true" }, text)
    : el("a", { href: rolloutsAt({ ...route.parameters, page, open: null, beside: null }), "aria-label": says }, text));
  return el("nav", { class: "pages", "aria-label": "Pages of the list" }, link(1, "\u00ab", "first page"), link(at - 1, "\u2039", "previous page"),
    el("span", {}, `page ${count(at)} of ${count(last)}`), link(at + 1, "\u203a", "next page"), link(last, "\u00bb", "last page"));
}

function chosenFilter() {
  const chosen = Object.fromEntries(FILTERS.map((name) => [name, route.parameters[name] || ""]));
  return { ...chosen, page: route.parameters.page || 1, size: PAGE_SIZE };
}

async function fillList(again) {
  const chosen = chosenFilter();
  const wanted = JSON.stringify(chosen);
  if (wanted !== list.shown || again) {
    list.shown = wanted;
    const place = byId("list");
    place.setAttribute("aria-busy", "true");
    try {
      const page = await source.page(chosen);
      if (list.shown !== wanted) return;
      list.page = page;
      list.seen = current.run.num_rollouts;
      drawList(page);
    } catch (error) {
      list.shown = "";
      place.replaceChildren(el("p", { class: "notice" }, error.message));
    } finally {
      place.removeAttribute("aria-busy");
    }
  }
  for (const line of document.querySelectorAll("#list .line")) {
    const isOpen = line.dataset.address === route.parameters.open;
    if (isOpen) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
    if (isOpen) line.scrollIntoView({ block: "nearest" });
  }
}

function drawList(page) {
  const share = page.total ? ` \u00b7 ${percent(page.num_right / page.total)} right` : "";
  byId("list").replaceChildren(
    el("div", { class: "counted" }, el("p", { role: "status" }, `${several(page.total, "rollout", "rollouts")}${share}`), pageLinks(page.total)),
    page.rows.length ? el("ol", { class: "lines" }, page.rows.map(lineNode))
      : el("p", { class: "absent" }, current.run.num_rollouts ? "No rollout fits these filters." : "No rollouts yet: the run has not come to GRPO."));
  const frame = byId("list");
  frame.scrollTop = 0;
}

// New rollouts wait until they are asked for: a list that moves cannot be read.
function tellOfNew(run) {
  const place = byId("new");
  const more = run.num_rollouts - list.seen;
  if (!place || !list.page) return;
  place.replaceChildren(more > 0 ? el("button", { type: "button", onclick: () => renewList(run) },
    `Show ${several(more, "new rollout", "new rollouts")}`) : "");
}

function renewList(run) {
  const form = byId("filters");
  const isOpen = form.querySelector(".ranges").open;
  const renewed = filterForm(run);
  renewed.querySelector(".ranges").open = isOpen;
  form.replaceWith(renewed);
  showFilters();
  byId("new").replaceChildren();
  fillList(true);
}

function rolloutsFrame(run) {
  list.shown = "";
  reader.shown = "?";
  return el("div", { class: "rollouts" }, filterForm(run),
    el("section", { class: "side", "aria-labelledby": "h-list" }, el("h2", { id: "h-list", class: "hidden" }, "List"),
      el("div", { id: "new" }), el("div", { id: "list", tabindex: -1 })),
    el("section", { id: "reader", "aria-label": "Rollout", tabindex: -1, onpointerover: (event) => tellToken(event.target.closest(".token")) }));
}

// Opens the rollout after (or before) the open one; at the end of a page, nothing.
function moveInList(by) {
  const lines = [...document.querySelectorAll("#list .line")];
  if (!lines.length) return;
  const at = lines.findIndex((line) => line.hasAttribute("aria-current"));
  const next = lines[at < 0 ? 0 : Math.min(lines.length - 1, Math.max(0, at + by))];
  if (next.closest("#list").contains(document.activeElement)) next.focus();
  go(next.getAttribute("href"));
}

function movePage(by) {
  const last = Math.ceil((list.page ? list.page.total : 0) / PAGE_SIZE);
  const page = Number(route.parameters.page || 1) + by;
  if (page >= 1 && page <= last) go(rolloutsAt({ ...route.parameters, page, open: null, beside: null }));
}
