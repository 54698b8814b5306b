"use strict";
// Addresses, keys, and looking for news.

const LOOK_EVERY_MS = 5000;
const LIVE_S = 180;
const current = { run: null, page: "" };
const route = { page: "overview", parameters: {} };

function rolloutsAt(parameters) {
  const kept = Object.entries(parameters).filter(([name, value]) => value !== null && value !== undefined && value !== ""
    && !(name === "page" && Number(value) === 1));
  const query = new URLSearchParams(kept.map(([name, value]) => [name, String(value)])).toString();
  return `#/rollouts${query ? `?${query}` : ""}`;
}

function go(address) {
  // What is replaced stays out of the history: going through a list with j is not a journey.
  if (route.page === "rollouts" && address.startsWith("#/rollouts")) {
    history.replaceState(null, "", address);
    draw();
  } else location.hash = address;
}

function readRoute() {
  const [path, query] = location.hash.replace(/^#\/?/, "").split("?");
  route.page = path === "rollouts" ? "rollouts" : "overview";
  route.parameters = Object.fromEntries(new URLSearchParams(query || ""));
}

async function draw() {
  readRoute();
  const run = current.run;
  if (!run) return;
  if (current.page !== route.page) {
    current.page = route.page;
    const frame = route.page === "rollouts" ? rolloutsFrame(run) : overviewFrame();
    byId("main").replaceChildren(frame);
    document.body.classList.remove("reading");
    document.body.dataset.page = route.page;
    for (const name of ["overview", "rollouts"]) {
      const link = byId(`to-${name}`);
      if (name === route.page) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    window.scrollTo(0, 0);
  }
  if (route.page === "rollouts") {
    showFilters();
    await Promise.all([fillList(false), fillReader()]);
  } else await fillOverview(run);
}

function showState(run) {
  document.title = `${run.name}: run`;
  byId("name").textContent = run.name;
  byId("to-rollouts").replaceChildren("Rollouts ", el("span", { class: "fine" }, count(run.num_rollouts)));
  const age = run.updated === null ? null : run.now - run.updated;
  const written = age === null ? "nothing written yet" : `written ${ago(age)}`;
  byId("state").replaceChildren(
    el("span", { class: age !== null && age < LIVE_S && source.isLive && !run.is_over ? "live on" : "live" }),
    source.isLive ? `${run.at} \u00b7 ${written}` : `${run.at} \u00b7 a sample, as of ${new Date(run.now * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`);
  showNotices(run.notices);
}

function showNotices(notices) {
  const wanted = notices.join("\n");
  const place = byId("notices");
  if (place.dataset.shown === wanted) return;
  place.dataset.shown = wanted;
  place.replaceChildren(...notices.map((text) => el("p", { class: "notice" }, text)));
}

async function look() {
  try {
    current.run = await source.run();
    showState(current.run);
    if (current.page === "rollouts" && route.page === "rollouts") tellOfNew(current.run);
    else await draw();
  } catch (error) {
    showNotices([`The viewer does not answer (${error.message}): what stands here may be old. Is it still running?`]);
  }
}

const KEYS = {
  j: () => moveInList(1),
  k: () => moveInList(-1),
  "]": () => movePage(1),
  "[": () => movePage(-1),
  c: turnBeside,
  Escape: () => (route.parameters.beside ? setBeside(null) : go(rolloutsAt({ ...route.parameters, open: null }))),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const target = event.target;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (byId("help").open) return;
  let act = null;
  if (event.key === "?") act = () => byId("help").showModal();
  else if (event.key === "o") act = () => { location.hash = "#/"; };
  else if (event.key === "r" && route.page !== "rollouts") act = () => { location.hash = "#/rollouts"; };
  else if (event.key === "/") act = focusSearch;
  else if (route.page === "rollouts") act = KEYS[event.key] || arrowInList(event);
  if (!act) return;
  event.preventDefault();
  act();
}

function arrowInList(event) {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  return by && byId("list").contains(event.target) ? () => moveInList(by) : null;
}

async function focusSearch() {
  if (route.page !== "rollouts") {
    history.pushState(null, "", "#/rollouts");
    await draw();
  }
  document.body.classList.remove("reading");
  byId("f-text").select();
}

async function lookAgain() {
  if (!document.hidden) await look();
  setTimeout(lookAgain, LOOK_EVERY_MS);
}

window.addEventListener("hashchange", draw);
window.addEventListener("popstate", draw);
document.addEventListener("keydown", onKey);
byId("keys").addEventListener("click", () => byId("help").showModal());
readRoute();
look().then(() => {
  if (source.isLive) setTimeout(lookAgain, LOOK_EVERY_MS);
});
