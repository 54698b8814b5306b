"use strict";
// Where the page gets the run from: the server that it came from, or the data that a single file carries with it.

const carried = byId("carried") ? JSON.parse(byId("carried").textContent) : null;

async function asked(path, parameters) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters || {})) {
    for (const one of [value].flat()) if (one !== "" && one !== null && one !== undefined) query.append(name, one);
  }
  const answer = await fetch(`${path}?${query}`);
  if (answer.ok) return answer.json();
  const told = await answer.json().catch(() => ({}));
  throw new Error(typeof told.detail === "string" ? told.detail : `the viewer answered ${answer.status}`);
}

const served = {
  isLive: true,
  run: () => asked("api/run"),
  curves: (phase, names) => asked("api/curves", { phase, name: names }),
  page: (chosen) => asked("api/rollouts", chosen),
  rollout: (file, rolloutId) => asked("api/rollout", { file, rollout_id: rolloutId }),
};

// The same filters as the server's, over the sample that the file carries.
function fits(one, chosen) {
  const line = one.line;
  const stage = chosen.stage ? carried.steps_of_stage[chosen.stage] || [] : null;
  const words = (chosen.text || "").toLowerCase();
  const within = (value, from, to, slack) =>
    (!from || value >= Number(from) - slack) && (!to || value <= Number(to) + slack);
  return (!chosen.phase || line.phase === chosen.phase) && (!chosen.family || line.family === chosen.family)
    && (!chosen.end_reason || line.end_reason === chosen.end_reason)
    && (!chosen.right || String(line.is_correct) === chosen.right)
    && (stage === null || (line.phase === "train" && stage.includes(line.step)))
    && within(line.reward, chosen.reward_from, chosen.reward_to, 5e-7)
    && within(line.step, chosen.step_from, chosen.step_to, 0)
    && within(line.version, chosen.version_from, chosen.version_to, 0)
    && (!words || `${one.question}\n${one.parts.map((part) => part.text).join("")}`.toLowerCase().includes(words));
}

const ORDERS = {
  oldest: null,
  reward_high: (a, b) => b.line.reward - a.line.reward,
  reward_low: (a, b) => a.line.reward - b.line.reward,
  longest: (a, b) => b.line.num_tokens - a.line.num_tokens,
};

const inFile = {
  isLive: false,
  run: async () => carried.run,
  curves: async (phase, names) => carried.curves.filter((curve) => curve.phase === phase && names.includes(curve.name)),
  page: async (chosen) => {
    const found = carried.rollouts.filter((one) => fits(one, chosen));
    if (chosen.order === "oldest") found.reverse();
    else if (ORDERS[chosen.order]) found.sort(ORDERS[chosen.order]);
    const first = (Number(chosen.page || 1) - 1) * chosen.size;
    return {
      total: found.length,
      num_right: found.filter((one) => one.line.is_correct).length,
      rows: found.slice(first, first + chosen.size).map((one) => one.line),
    };
  },
  rollout: async (file, rolloutId) => {
    const found = carried.rollouts.find((one) => one.line.file === file && one.line.rollout_id === rolloutId);
    if (found) return found;
    throw new Error(`rollout ${rolloutId} is not in the sample that this file carries`);
  },
};

const source = carried ? inFile : served;
