"use strict";
// One rollout, or two of one group side by side.

const reader = { shown: "", isShaded: false };

function mark(isRight) {
  return el("span", { class: isRight ? "mark right" : "mark wrong" }, isRight ? "right" : "wrong");
}

function partTitle(part) {
  if (part.kind === "model") return "model";
  if (part.kind === "script") return `script ${part.number}`;
  return part.kind === "output" ? `output of script ${part.number}` : "between turns";
}

// The texts of single tokens, which can be pointed at; the text as it is where tokens are not known.
function tokenNodes(part, text, skipped) {
  if (!part.tokens) return [text];
  let start = 0;
  return part.tokens.ends.map((end, index) => {
    const [first, beyond] = [Math.max(0, start - skipped), Math.max(0, end - skipped)];
    start = Math.max(start, end);
    if (first >= Math.min(beyond, text.length)) return null;
    const logprob = part.tokens.logprobs[index];
    const surprise = logprob === null ? 4 : Math.min(4, Math.floor(-logprob / Math.LN2));
    return el("span", { class: `token s${surprise}`, "data-logprob": logprob, "data-version": part.tokens.versions[index] },
      text.slice(first, beyond));
  });
}

function tellToken(token) {
  for (const told of document.querySelectorAll(".token.told")) told.classList.remove("told");
  const place = byId("token");
  if (!place) return;
  if (!token) {
    place.replaceChildren();
    return;
  }
  token.classList.add("told");
  const logprob = token.dataset.logprob === undefined ? null : Number(token.dataset.logprob);
  place.replaceChildren(el("code", {}, JSON.stringify(token.textContent)),
    logprob === null ? " log-probability not finite" : ` log-probability ${fixed(logprob, 3)}, probability ${percent(Math.exp(logprob))}`,
    `, version ${token.dataset.version}`);
}

// With a text in focus the arrow keys go through its tokens.
function moveToken(event) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  const tokens = [...event.currentTarget.querySelectorAll(".token")];
  const at = tokens.findIndex((token) => token.classList.contains("told"));
  const next = tokens[Math.min(tokens.length - 1, Math.max(0, at + by))];
  if (!next) return;
  event.preventDefault();
  tellToken(next);
}

function hasTokens(rollout) {
  return rollout.parts.some((part) => part.tokens);
}

function tokenBar(rollout) {
  if (!hasTokens(rollout)) return null;
  return el("div", { class: "token-bar" },
    el("input", { type: "checkbox", id: "shade", checked: reader.isShaded, onchange: shade }),
    el("label", { for: "shade" }, "Shade unlikely tokens"), el("output", { id: "token" }));
}

function shade() {
  reader.isShaded = byId("shade").checked;
  byId("reader").classList.toggle("shaded", reader.isShaded);
}

function partNode(part) {
  // Empty lines at both ends say nothing.
  const text = part.text.replace(/^\n+/, "");
  const skipped = part.text.length - text.length;
  const failed = part.kind === "output" && part.termination !== "ok";
  return el("div", { class: `part ${part.kind}${failed ? " failed" : ""}` },
    el("div", { class: "who" }, partTitle(part), part.termination && el("span", { class: "ending" }, part.termination)),
    el("pre", part.tokens ? { tabindex: 0, "aria-label": `${partTitle(part)}; arrow keys read single tokens`, onkeydown: moveToken } : {},
      tokenNodes(part, text.replace(/\s+$/, ""), skipped)));
}

function facts(rollout) {
  const line = rollout.line;
  const found = [
    ["Reward", fixed(line.reward)],
    rollout.advantage !== null && ["Advantage", signed(rollout.advantage)],
    ["End", endLabel(line.end_reason)],
    ["Answer", rollout.answer === null ? "none" : rollout.answer],
    ["Tokens", count(line.num_tokens)],
    ["Scripts", count(line.num_scripts)],
    ["Version", count(line.version)],
    line.phase === "train" && ["Step", count(line.step)],
  ].filter(Boolean);
  return el("dl", { class: "facts" }, found.map(([name, value]) =>
    el("div", { class: name === "Answer" ? "answer" : null }, el("dt", {}, name), el("dd", {}, value))));
}

function column(rollout, title) {
  const parts = rollout.parts.filter((part) => part.text.trim());
  return el("section", { class: "column", "aria-label": title },
    el("h3", { class: "who-title" }, title, " ", mark(rollout.line.is_correct)),
    facts(rollout),
    parts.length ? parts.map(partNode) : el("p", { class: "absent" }, "The model wrote nothing."));
}

// What was said beside the conversation: a guide's words, a test.
function asideNode(rollout) {
  if (!rollout.asides.length) return null;
  return el("details", { class: "asides" }, el("summary", {}, `Beside the conversation: ${several(rollout.asides.length, "turn", "turns")}`),
    rollout.asides.map((aside) => [
      el("div", { class: "part environment" }, el("div", { class: "who" }, "asked"), el("pre", {}, aside.question)),
      el("div", { class: "part model" }, el("div", { class: "who" }, "model"), el("pre", {}, aside.text))]));
}

function siblingIndex(line) {
  return line.rollout_id.split("/").pop();
}

function siblingBar(rollout, besideId) {
  const mine = rollout.line.rollout_id;
  const others = rollout.siblings.filter((line) => line.rollout_id !== mine);
  if (!others.length) return null;
  return el("div", { class: "siblings" },
    el("span", { class: "fine" }, `Group of ${rollout.siblings.length}`),
    rollout.siblings.map((line) => el("a", {
      class: `chip ${line.is_correct ? "right" : "wrong"}`, href: rolloutsAt({ ...route.parameters, open: addressOf(line), beside: null }),
      "aria-current": line.rollout_id === mine ? "true" : null,
      title: `${line.is_correct ? "right" : "wrong"}, reward ${fixed(line.reward)}`,
    }, siblingIndex(line), el("span", { class: "hidden" }, line.is_correct ? " right" : " wrong"))),
    el("label", { for: "beside" }, "Beside it"),
    el("select", { id: "beside", onchange: (event) => setBeside(event.target.value) },
      el("option", { value: "" }, "none"),
      others.map((line) => el("option", { value: line.rollout_id, selected: line.rollout_id === besideId },
        `${siblingIndex(line)}: ${line.is_correct ? "right" : "wrong"}, reward ${fixed(line.reward)}`))));
}

function setBeside(rolloutId) {
  go(rolloutsAt({ ...route.parameters, beside: rolloutId || null }));
}

// The next sibling beside the one that is open; after the last one, none.
function turnBeside() {
  const rollout = reader.rollout;
  if (!rollout) return;
  const others = rollout.siblings.map((line) => line.rollout_id).filter((id) => id !== rollout.line.rollout_id);
  setBeside(others[others.indexOf(route.parameters.beside || "") + 1] || null);
}

function readerNode(rollout, beside) {
  const line = rollout.line;
  return [
    el("div", { class: "heading" },
      el("a", { class: "back", href: rolloutsAt({ ...route.parameters, open: null, beside: null }) }, "Back to the list"),
      el("h2", {}, line.family), mark(line.is_correct),
      el("span", { class: "fine" }, `${phaseLabel(line.phase)}${line.phase === "train" ? `, step ${line.step}` : ""} \u00b7 `,
        el("code", {}, rollout.task_id))),
    siblingBar(rollout, beside && beside.line.rollout_id),
    el("section", { class: "question", "aria-label": "Question" }, el("div", { class: "who" }, "question"), el("pre", {}, rollout.question)),
    el("div", { class: beside ? "columns two" : "columns" },
      column(rollout, `Rollout ${siblingIndex(line)}`),
      beside && column(beside, `Rollout ${siblingIndex(beside.line)}`)),
    asideNode(rollout),
    tokenBar(rollout),
    el("p", { class: "fine source" }, `rollouts/${line.file}.parquet, ${line.rollout_id}`),
  ];
}

async function fillReader() {
  const { open, beside } = route.parameters;
  const wanted = `${open || ""} ${beside || ""}`;
  if (wanted === reader.shown) return;
  const place = byId("reader");
  reader.shown = wanted;
  document.body.classList.toggle("reading", Boolean(open));
  if (!open) {
    reader.rollout = null;
    place.replaceChildren(el("p", { class: "absent" }, "Choose a rollout from the list; j and k go through it."));
    return;
  }
  const [file, rolloutId] = partsOf(open);
  try {
    const rollouts = await Promise.all([rolloutId, beside].filter(Boolean).map((id) => source.rollout(file, id)));
    if (reader.shown !== wanted) return;
    const isOther = !reader.rollout || reader.rollout.line.rollout_id !== rolloutId;
    reader.rollout = rollouts[0];
    place.replaceChildren(...readerNode(rollouts[0], rollouts[1]).filter(Boolean));
    if (isOther) place.scrollTop = 0;
    if (byId("shade")) shade();
  } catch (error) {
    reader.shown = "";
    place.replaceChildren(el("p", { class: "notice" }, error.message));
  }
}
