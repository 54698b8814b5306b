"use strict";
// How numbers and names are written.

const LABELS = {
  success_rate: "Right, all rollouts", success_rate_admitted: "Right, of those learned from", reward_mean: "Reward, mean",
  loss: "Loss", entropy: "Entropy", grad_norm: "Gradient norm", clip_fraction: "Tokens clipped",
  mismatch_mean: "Engine against learner", staleness_mean: "Versions behind, mean", step_s: "Seconds a step",
  tokens_per_s: "Tokens sampled per second", overlap: "Learner with rollouts beside", lr: "Learning rate",
  memory_mib: "Main memory, MiB", num_tokens: "Tokens learned from",
};
const FIRST_CURVES = {
  train: ["success_rate", "reward_mean", "success_rate_admitted", "loss", "entropy", "grad_norm", "clip_fraction",
    "mismatch_mean", "staleness_mean", "overlap", "step_s", "tokens_per_s"],
  sft: ["loss", "grad_norm", "lr"],
};
const PHASES = { sft: "SFT", train: "GRPO", potential: "Potential", evaluate: "Evaluation", setup: "Set-up",
  tasks: "Tasks", synthesize: "Traces" };
const POLICIES = { base: "Base", sft: "SFT", grpo: "SFT + GRPO" };
const ENDS = { answer: "answer", silent: "neither script nor answer", turn_tokens: "turn too long",
  rollout_tokens: "rollout too long", executions: "too many scripts", infrastructure: "our fault" };
const SHARES = /rate|share|fraction|overlap|beyond/;
const NOTHING = "\u2013";
const MINUS = "\u2212";

function label(name) {
  return LABELS[name] || name;
}

function phaseLabel(name) {
  if (PHASES[name]) return PHASES[name];
  if (!name.startsWith("evaluate-")) return name;
  // An agent that is not the run's own stands behind the policy: evaluate-sft-text.
  const [policy, ...agent] = name.slice("evaluate-".length).split("-");
  return ["Evaluation", policyLabel(policy), ...(agent.length ? [agent.join("-")] : [])].join(", ");
}

function policyLabel(name) {
  return POLICIES[name] || name;
}

function endLabel(reason) {
  return ENDS[reason] || reason;
}

function percent(value, digits = 1) {
  return value === null || value === undefined ? NOTHING : `${(100 * value).toFixed(digits)} %`;
}

function count(value) {
  return value.toLocaleString("en-US");
}

function signed(value) {
  return `${value < 0 ? MINUS : "+"}${Math.abs(value).toFixed(2)}`;
}

function fixed(value, digits = 2) {
  return value === null || value === undefined ? NOTHING : value.toFixed(digits).replace("-", MINUS);
}

function amount(name, value) {
  if (SHARES.test(name) && Math.abs(value) <= 1) return percent(value);
  const size = Math.abs(value);
  if (size !== 0 && size < 0.001) return value.toExponential(1).replace("-", MINUS);
  if (size >= 10000) return count(Math.round(value));
  return String(Number(value.toPrecision(3))).replace("-", MINUS);
}

function seconds(value) {
  if (value < 60) return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
  if (value < 3600) return `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`;
  return `${Math.floor(value / 3600)} h ${Math.round((value % 3600) / 60)} min`;
}

function ago(value) {
  if (value < 5) return "just now";
  if (value < 86400) return `${seconds(Math.round(value))} ago`;
  return `${Math.floor(value / 86400)} days ago`;
}

function several(number, one, many) {
  return `${count(number)} ${number === 1 ? one : many}`;
}
