"use strict";
// The page of curves and tables.

const overview = { root: null, named: "", sorted: { column: 0, down: false }, stamp: "" };

function whisker(cell) {
  const x = (value) => 2 + 96 * value;
  return svg("svg", { class: "whisker", viewBox: "0 0 100 10", "aria-hidden": "true" },
    svg("line", { class: "track", x1: 2, x2: 98, y1: 5, y2: 5 }),
    svg("line", { class: "range", x1: x(cell.low), x2: x(cell.high), y1: 5, y2: 5 }),
    svg("circle", { class: "mean", cx: x(cell.mean), cy: 5, r: 3 }));
}

function accuracyCell(cell) {
  if (!cell) return NOTHING;
  return el("span", { class: "accuracy", title: `95 % interval ${percent(cell.low)} to ${percent(cell.high)}, ${cell.n} items` },
    whisker(cell), el("span", { class: "value" }, percent(cell.mean)));
}

function meanOf(cell) {
  return cell ? cell.mean : null;
}

function accuracySection(run) {
  if (!run.policies.length) return [el("p", { class: "absent" }, "No accuracy yet: policies are evaluated after GRPO.")];
  return [table("Accuracy by policy", [
    { title: "Policy", cell: (row) => policyLabel(row.policy) },
    { title: "All items", cell: (row) => accuracyCell(row.all) },
    { title: "Trained families", cell: (row) => accuracyCell(row.trained) },
    { title: "Families never trained on", cell: (row) => accuracyCell(row.held_out) },
    { title: "Items", isNumber: true, cell: (row) => count(row.all.n) },
  ], run.policies, null, "fit"), el("p", { class: "fine" }, "Dot: share of right answers; line: its 95 % interval.")];
}

function agentSection(run) {
  if (!run.agents.length) return [];
  return [el("h2", {}, "Agents"), table("Accuracy by way of answering", [
    { title: "Agent", cell: (row) => row.agent, value: (row) => row.agent },
    { title: "Policy", cell: (row) => policyLabel(row.policy), value: (row) => row.policy },
    { title: "All items", cell: (row) => accuracyCell(row.cell), value: (row) => row.cell.mean, isNumber: true },
    { title: "Items", isNumber: true, cell: (row) => count(row.cell.n), value: (row) => row.cell.n },
  ], run.agents)];
}

function stageSection(run) {
  if (!run.stages.length) return [el("p", { class: "absent" }, "No stages yet: they follow from improvement potential.")];
  const steps = (row) => (row.first_step === null ? "not reached" : `${row.first_step} to ${row.last_step}`);
  return [table("Stages of the curriculum", [
    { title: "Stage", cell: (row) => el("a", { href: rolloutsAt({ stage: row.stage }) }, `stage ${row.stage}`) },
    { title: "Steps", cell: steps },
    { title: "Tasks", isNumber: true, cell: (row) => count(row.num_tasks) },
    { title: "Potential", isNumber: true, cell: (row) => (row.low === null ? NOTHING : `${row.low.toFixed(2)} to ${row.high.toFixed(2)}`) },
    { title: "Right before RL", isNumber: true, cell: (row) => percent(row.before) },
    { title: "Right in its steps", isNumber: true, cell: (row) => percent(row.during) },
    { title: "Families", cell: (row) => familiesOf(row) },
  ], run.stages)];
}

function familiesOf(row) {
  const names = Object.entries(row.families);
  const shown = names.slice(0, 4).map(([name, number]) => `${name} ${number}`).join(", ");
  return el("span", { class: "fine", title: names.map(([name, number]) => `${name} ${number}`).join(", ") },
    shown + (names.length > 4 ? ` and ${names.length - 4} more` : ""));
}

function familySection(run) {
  if (!run.families.length) return [el("p", { class: "absent" }, "No family has a rollout or an accuracy yet.")];
  const policies = run.policies.map((line) => line.policy);
  return [table("Families", [
    { title: "Family", cell: (row) => el("a", { href: rolloutsAt({ family: row.family }) }, row.family), value: (row) => row.family },
    { title: "Split", cell: (row) => (row.split === "held_out" ? "never trained on" : row.split === "test" ? "trained" : ""),
      value: (row) => row.split },
    ...policies.map((policy) => ({ title: policyLabel(policy), cell: (row) => accuracyCell(row.accuracy[policy]),
      value: (row) => meanOf(row.accuracy[policy]), isNumber: true })),
    { title: "GRPO rollouts", isNumber: true, cell: (row) => count(row.trained), value: (row) => row.trained },
    { title: "of these right", isNumber: true, cell: (row) => percent(row.success), value: (row) => row.success },
  ], run.families, overview.sorted)];
}

function phaseSection(run) {
  if (!run.phases.length) return [];
  const total = run.phases.reduce((sum, phase) => sum + phase.wall_s, 0);
  return [el("h2", {}, "Time"), table("Time of each phase", [
    { title: "Phase", cell: (row) => phaseLabel(row.name) },
    { title: "Time", isNumber: true, cell: (row) => seconds(row.wall_s) },
    { title: "Share", isNumber: true, cell: (row) => percent(total ? row.wall_s / total : 0, 0) },
  ], run.phases, null, "fit")];
}

function summaryStrip(run) {
  const choices = run.choices;
  const best = run.policies[run.policies.length - 1];
  const stage = choices.stages[choices.stages.length - 1];
  const facts = [
    ["Model", run.model.split("/").pop() || NOTHING],
    ["GRPO steps", choices.steps ? count(choices.steps[1]) : NOTHING],
    ["Stage", stage === undefined ? NOTHING : `${stage} of ${Math.max(stage, run.stages.length)}`],
    ["Rollouts", count(run.num_rollouts)],
    ["Families", count(run.families.length)],
    [best ? `Accuracy, ${policyLabel(best.policy)}` : "Accuracy", best ? percent(best.all.mean) : NOTHING],
  ];
  return el("dl", { class: "strip" }, facts.map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function wantedCurves(run) {
  const words = overview.named.trim().toLowerCase();
  return ["train", "sft"].concat(Object.keys(run.numbers).filter((phase) => !FIRST_CURVES[phase])).map((phase) => {
    const known = run.numbers[phase] || [];
    const names = words
      ? known.filter((name) => `${name} ${label(name)}`.toLowerCase().includes(words)).slice(0, 24)
      : (FIRST_CURVES[phase] || []).filter((name) => known.includes(name));
    return [phase, names];
  }).filter(([, names]) => names.length);
}

async function curveSection(run) {
  const groups = await Promise.all(wantedCurves(run).map(async ([phase, names]) => {
    const found = await source.curves(phase, names);
    const averaged = Math.max(1, ...found.map((curve) => curve.averaged));
    return found.length ? [el("h3", {}, phaseLabel(phase), " ",
      averaged > 1 && el("span", { class: "fine" }, `a point is the mean of ${averaged} steps`)),
    el("div", { class: "charts" }, found.map((curve) => chart(curve, run.stages)))] : [];
  }));
  const drawn = groups.flat();
  if (drawn.length) return [...drawn, el("p", { class: "fine" }, "Thin: each step. Thick: its moving average. Steps are read with the pointer or, once a curve is chosen, the arrow keys.")];
  return [el("p", { class: "absent" }, overview.named ? "No number of that name has more than one step."
    : "No curves yet: the run has not come to SFT.")];
}

function overviewFrame() {
  const names = el("input", { type: "search", id: "named", placeholder: "such as dropped or curriculum", value: overview.named,
    oninput: async () => {
      overview.named = names.value;
      if (current.run) await fillCurves(current.run);
    } });
  const places = ["strip", "accuracy", "curves", "stages", "families", "agents", "time"];
  const place = Object.fromEntries(places.map((name) => [name, el("div", { id: `overview-${name}` })]));
  overview.root = el("div", { class: "overview" }, place.strip,
    el("section", { "aria-labelledby": "h-curves" }, el("div", { class: "heading" }, el("h2", { id: "h-curves" }, "Curves"),
      el("label", { for: "named" }, "Other numbers"), names), place.curves),
    el("section", { "aria-labelledby": "h-accuracy" }, el("h2", { id: "h-accuracy" }, "Accuracy on items not trained on"), place.accuracy),
    el("section", {}, place.agents),
    el("section", { "aria-labelledby": "h-stages" }, el("h2", { id: "h-stages" }, "Stages"), place.stages),
    el("section", { "aria-labelledby": "h-families" }, el("h2", { id: "h-families" }, "Families"), place.families),
    el("section", {}, place.time));
  overview.stamp = "";
  return overview.root;
}

async function fillCurves(run) {
  const asking = overview.named;
  const drawn = await curveSection(run);
  const place = byId("overview-curves");
  if (place && asking === overview.named) place.replaceChildren(...drawn);
}

async function fillOverview(run) {
  // Nothing new: what is being read stays as it is.
  const stamp = `${run.updated} ${run.num_rollouts} ${run.policies.length} ${run.notices.length}`;
  if (stamp === overview.stamp) return;
  overview.stamp = stamp;
  const parts = { strip: [summaryStrip(run)], accuracy: accuracySection(run), stages: stageSection(run),
    families: familySection(run), agents: agentSection(run), time: phaseSection(run) };
  for (const [name, nodes] of Object.entries(parts)) {
    const place = byId(`overview-${name}`);
    if (!place.contains(document.activeElement)) place.replaceChildren(...nodes);
  }
  if (!byId("overview-curves").contains(document.activeElement)) await fillCurves(run);
}
