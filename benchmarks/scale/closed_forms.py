"""What needs no simulation: waiting lines with a known answer, the weights' way, and each part's work per step."""

import math

from scale.settings import ScaleSettings


def erlang_c(servers: int, load: float) -> float:
    """Chance that a job waits in M/M/c: C(c, a) for a load of a = rate x service time < c erlang (Erlang 1917)."""
    if not 0 < load < servers:
        raise ValueError(f"a load of {load} erlang has no steady state on {servers} servers")
    blocked = 1.0
    for count in range(1, servers + 1):
        blocked = load * blocked / (count + load * blocked)
    return servers * blocked / (servers - load * (1 - blocked))


def mean_wait_s(servers: int, rate: float, service_s: float) -> float:
    """Mean seconds in line of M/M/c: C(c, a) s / (c - a)."""
    load = rate * service_s
    return erlang_c(servers, load) * service_s / (servers - load)


def mean_script_s(settings: ScaleSettings) -> float:
    """Mean seconds of a script: a log-normal cut at the limit, and the share that runs into it."""
    limit, median, sigma = settings.script_limit_s, settings.script_median_s, settings.script_sigma
    if sigma == 0:
        free = min(median, limit)
    else:
        edge = (math.log(limit) - math.log(median)) / sigma
        below = median * math.exp(sigma**2 / 2) * _normal(edge - sigma)
        free = below + limit * (1 - _normal(edge))
    return (1 - settings.hang_share) * free + settings.hang_share * limit


def mean_calls(settings: ScaleSettings) -> float:
    """Mean scripts of a rollout: a geometric number of mean m, cut at n, is m (1 - (1 - 1/m)^n)."""
    if not settings.calls_vary:
        return round(settings.calls)
    return settings.calls * (1 - (1 - 1 / settings.calls) ** settings.max_calls)


def cores_per_gpu(
    settings: ScaleSettings, script_s: float, calls: float, step_s: float, busy: float
) -> float:
    """Sandbox cores a GPU by Little's law: rollouts a second and GPU x calls x seconds, over the busy share wanted."""
    return settings.groups_per_gpu * settings.group_size / step_s * calls * script_s / busy


def broadcast_rounds(settings: ScaleSettings) -> float:
    """Times that a policy crosses a pair of nodes, one after the other, until all rollout nodes have it.

    Every node that has it hands it on, so log2(R + 1) rounds for R nodes beside the learner's first; none within
    one node.
    """
    nodes = (
        math.ceil(settings.ranks / settings.gpus_per_node) if settings.gpus > settings.gpus_per_node else 0
    )
    return math.log2(nodes + 1)


def weights_s(settings: ScaleSettings) -> dict[str, float]:
    """Seconds of a policy's way, one after the other: publish, network, verify, hand over, refill the cache."""
    gb = settings.weights_gb
    verify, share = gb / settings.checksum_gb_s, gb / settings.share_gb_s
    last = settings.bucket_gb / gb
    return {
        "publish": gb / settings.gather_gb_s + gb / settings.pack_gb_s + verify + share,
        "network": _broadcast_gb(settings) / settings.pair_gb_s,
        # One process a node does it bucket by bucket while the next ones arrive: what is left is the last bucket's.
        "verify": verify * (last if settings.once_per_node else 1),
        "hand over": gb / settings.read_gb_s + share * (last if settings.once_per_node else 1),
        "refill": settings.refill_s,
    }


def _broadcast_gb(settings: ScaleSettings) -> float:
    """GB that cross a pair of nodes one after the other, until the last node has the policy."""
    rounds = broadcast_rounds(settings)
    if settings.is_pipelined and rounds > 1:
        return settings.weights_gb + (rounds - 1) * settings.bucket_gb
    return rounds * settings.weights_gb


def learner_s(settings: ScaleSettings) -> float:
    """Seconds of forward and backward of a step with mean lengths: the GPUs' work, the same at every scale."""
    tokens = settings.prompt_tokens + settings.group_size * (
        settings.model_tokens + mean_calls(settings) * settings.output_tokens
    )
    return settings.groups_per_step * tokens / (settings.ranks * settings.learner_tokens_s)


def _groups_of_a_rank(settings: ScaleSettings) -> float:
    return settings.groups_per_step / (1 if settings.prepares_all else settings.ranks)


def prepare_s(settings: ScaleSettings) -> float:
    """Seconds that the ranks lay the step's groups in rows before the first pass."""
    return _groups_of_a_rank(settings) * settings.prepare_ms / 1000


def fetch_s(settings: ScaleSettings) -> float:
    """Seconds that groups take to a learner node, were they one stream; each node has them once."""
    ranks = min(settings.gpus_per_node, settings.ranks)
    groups = min(_groups_of_a_rank(settings) * ranks, settings.groups_per_step)
    return groups * settings.group_kib * 1024 / (settings.pair_gb_s * 1e9)


def prepare_gib_per_node(settings: ScaleSettings) -> float:
    """Host memory of a learner node for the groups in rows."""
    ranks = min(settings.gpus_per_node, settings.ranks)
    return _groups_of_a_rank(settings) * settings.prepare_kib * ranks / 1024**2


def submit_s(settings: ScaleSettings) -> float:
    """Seconds that the driver hands references to the ranks: groups x ranks, if each gets all."""
    return _groups_of_a_rank(settings) * settings.ranks * settings.submit_us / 1e6


def work_s(settings: ScaleSettings) -> dict[str, float]:
    """Seconds a step of each part that does not grow with the GPUs, at the mean lengths."""
    groups = settings.groups_per_step
    way = weights_s(settings)
    return {
        "scorer": groups * settings.score_ms / 1000 / settings.scorers,
        "curriculum": groups * settings.curriculum_ms / 1000,
        "driver, a group's calls": groups * settings.driver_ms / 1000 / settings.driver_loops,
        "driver, handing groups to ranks": submit_s(settings),
        "driver, writing rollouts": groups * settings.write_ms / 1000 / settings.driver_loops,
        # At most: every group ends while the step waits, and both steps in flight are in the buffer.
        "driver, looking for a full step": groups
        * (1 + settings.max_staleness)
        * groups
        * settings.scan_ns
        / 1e9,
        "ranks, preparing groups": prepare_s(settings),
        "groups to the learner": fetch_s(settings),
        "publish": way["publish"],
        "network": way["network"],
        "engines, loading": way["verify"] + way["hand over"],
        "weights, their whole way": sum(way.values()) - way["refill"],
    }


def saturations(settings: ScaleSettings, most: int = 1 << 16) -> dict[str, int | None]:
    """GPUs, in doublings from 8, at which a part's work first reaches the learner's passes of a step; None: never."""
    found: dict[str, int | None] = dict.fromkeys(work_s(settings))
    gpus = 8
    while gpus <= most:
        here = settings.model_copy(update={"gpus": gpus})
        for part, seconds in work_s(here).items():
            if found[part] is None and seconds >= learner_s(here):
                found[part] = gpus
        gpus *= 2
    return found


def _normal(z: float) -> float:
    """Distribution function of the standard normal."""
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))
