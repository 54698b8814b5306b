"""Every number that the simulation starts from, with where it is from."""

from typing import Any, Literal

from pydantic import Field, model_validator

from actors.frozen import Settings

Kind = Literal["published", "measured here", "measured earlier", "arithmetic", "assumed"]

PARTS = "benchmarks/results/parts.json: CPU time, 5 x 1,200 tokens, 2 cores of an EPYC, 2026-11-26"
LOOP = "2 cores, through Ray, 2026-11-25"
COPIES = "one thread on the same 2 cores, best of 3, 2026-11-25"
PAPER = "arXiv 2505.21668"
GPU_PAGE = "docs/gpu.md"


def known(value: Any, kind: Kind, source: str) -> Any:
    """A field's value with its source."""
    return Field(default=value, json_schema_extra={"kind": kind, "source": source})


class ScaleSettings(Settings):
    """A 14B model on H100s, half of them learning, half generating; the batch grows with the GPUs.

    Example: `ScaleSettings(gpus=64, sandbox_cores_per_gpu=2)`.
    """

    gpus: int = known(16, "published", f"{PAPER}: 16 H100; driver/configs/cluster.yaml")
    """GPUs in all, half of them for the learner."""
    gpus_per_node: int = known(8, "assumed", "p5.48xlarge, as in cluster.yaml")
    """GPUs of one machine."""
    groups_per_gpu: int = known(8, "published", f"{PAPER}: 128 tasks a step for 16 GPUs")
    """Groups of a step for each GPU of all."""
    group_size: int = known(5, "published", PAPER)
    """Rollouts of a group."""
    max_staleness: int = known(1, "assumed", "driver/configs/cluster.yaml")
    """As `training.max_staleness`: 1 makes the next step's groups while the learner computes."""
    refill: bool = known(False, "published", f"{PAPER}, as docs/paper.md reads it")
    """As `training.refill`: whether groups without signal are replaced."""
    max_refill_factor: float = known(2.0, "assumed", "driver/configs/laptop.yaml")
    """As `training.max_refill_factor`."""
    signal_share: float = known(0.6, "assumed", "0.47 to 0.70 on the laptop")
    """Share of groups with right and wrong rollouts; counts with `refill` alone."""

    prompt_tokens: int = known(800, "assumed", GPU_PAGE)
    """Tokens of a question with its instructions, shared by a group."""
    model_tokens: float = known(1000.0, "assumed", GPU_PAGE)
    """Mean tokens that the model writes in a rollout, before the limit cuts some."""
    tokens_sigma: float = known(0.8, "assumed", "log-normal; one rollout in a hundred has 4,700 and more")
    """Spread of the logarithm of a rollout's tokens; 0 for all alike."""
    max_model_tokens: int = known(11_488, "assumed", "driver/configs/cluster.yaml: 12,288 less the prompt")
    """Most tokens that the model writes in a rollout."""
    max_turn_tokens: int = known(2048, "assumed", "driver/configs/cluster.yaml")
    """Most tokens that the model writes in a turn."""
    calls: float = known(3.0, "assumed", "1 script or more; geometric, cut at `max_calls`")
    """Mean scripts of a rollout before the cut."""
    max_calls: int = known(8, "published", PAPER)
    """Most scripts of a rollout."""
    calls_vary: bool = known(True, "assumed", "a model solves some questions at once")
    """False gives every rollout exactly `calls` scripts."""
    output_tokens: int = known(
        67, "assumed", f"{GPU_PAGE}: 200 tokens a rollout that the model did not write"
    )
    """Tokens that a script's output adds for the learner."""
    decode_base_ms: float = known(12.0, "arithmetic", "29.5 GB of weights at 75 % of 3.35 TB/s")
    """Milliseconds of one decoding pass without any sequence."""
    decode_sequence_ms: float = known(0.17, "arithmetic", "cache of 2,000 tokens at 3.35 TB/s, and 30 GFLOP")
    """Milliseconds that each sequence adds to a pass."""
    max_sequences: int = known(256, "assumed", "driver/configs/cluster.yaml: engine.max_num_seqs")
    """Rollouts that an engine holds at a time."""

    script_median_s: float = known(
        0.1, "arithmetic", "gives a mean of 0.31 s, published by rStar2-Agent: 0.3 s"
    )
    """Median seconds of a script that ends by itself."""
    script_sigma: float = known(1.5, "assumed", "log-normal; one in a hundred takes 3.3 s and more")
    """Spread of the logarithm of a script's seconds; 0 for all alike."""
    hang_share: float = known(0.01, "assumed", "loops without end, searches without hope")
    """Share of scripts that end at the time limit only."""
    script_limit_s: float = known(60.0, "published", PAPER)
    """Time limit of a script."""
    sandbox_cores_per_gpu: float = known(20.0, "published", f"{PAPER}: five 64-core nodes for 16 GPUs")
    """Cores for scripts, one script each, for each GPU of all."""

    driver_ms: float = known(2.2, "measured earlier", LOOP)
    """Driver milliseconds a group: its calls to worker, scorer and curriculum."""
    submit_us: float = known(15.0, "measured earlier", LOOP)
    """Driver microseconds a group and rank, to hand the step's references to the learner."""
    scan_ns: float = known(13.0, "measured here", PARTS)
    """Driver nanoseconds a group in the buffer, each time a finished group wakes the step that waits."""
    write_ms: float = known(
        1.6, "measured here", "`write_s` of the laptop run in README.md, 13 ms for 8 groups"
    )
    """Driver milliseconds a group of a step, to fetch and write down its rollouts."""
    driver_loops: int = known(1, "assumed", "as built")
    """Processes that share the driver's work on groups."""
    score_ms: float = known(12.5, "measured here", f"11 to 15 in four runs; {PARTS}")
    """Scorer milliseconds a group."""
    scorers: int = known(1, "assumed", "as built")
    """Scorer processes."""
    curriculum_ms: float = known(0.3, "measured earlier", "3,000 calls a second to one actor; " + LOOP)
    """Curriculum milliseconds a group: one call for its outcome, and 0.01 ms for draw and estimate."""

    learner_tokens_s: float = known(2100.0, "arithmetic", f"{GPU_PAGE}: 1,600 at 15 % MFU, 2,600 at 24 %")
    """Tokens a second and GPU that the learner takes."""
    prepare_ms: float = known(0.6, "measured here", PARTS)
    """Milliseconds a group that a rank unpickles, lays in rows and cuts in micro-batches."""
    group_kib: float = known(76.0, "measured here", PARTS)
    """KiB of a group on its way to a learner node."""
    prepare_kib: float = known(870.0, "measured earlier", "10 MiB for 80,000 tokens, by tokens")
    """KiB a group that a rank holds for that."""
    prepares_all: bool = known(True, "assumed", "as built: `PolicyLearner._share`")
    """Whether every rank prepares the groups of all ranks, or its own alone."""

    weights_gb: float = known(29.5, "arithmetic", "14.77e9 parameters, 2 bytes")
    """A policy in GB."""
    bucket_gb: float = known(0.54, "assumed", "driver/configs/cluster.yaml: training.bucket_mib=512")
    """A bucket of it in GB."""
    gather_gb_s: float = known(75.0, "arithmetic", "0.2 s per 15 GB over NVLink")
    """GB a second that ZeRO-3's shards are gathered at."""
    pack_gb_s: float = known(6.9, "measured earlier", COPIES)
    """GB a second that parameters are copied to buckets at."""
    checksum_gb_s: float = known(4.0, "measured earlier", COPIES)
    """GB a second of CRC-32, once where it is published, once in each worker."""
    share_gb_s: float = known(2.4, "measured earlier", COPIES)
    """GB a second into shared memory, at the learner and again for each engine."""
    read_gb_s: float = known(5.4, "measured earlier", COPIES)
    """GB a second out of shared memory."""
    pair_gb_s: float = known(1.55, "arithmetic", "12 to 30 s for a policy between two nodes at 100 Gbit/s")
    """GB a second of the object store between two nodes."""
    refill_s: float = known(5.0, "arithmetic", "prompts and answers so far, computed again by new weights")
    """Seconds that an engine needs after a load until its cache is whole."""
    is_pipelined: bool = known(
        False, "assumed", "the worse of two bounds; Ray hands each bucket on by itself"
    )
    """Whether a node hands a bucket on while the next one arrives, or the whole policy once it has it."""
    once_per_node: bool = known(False, "assumed", "as built: each worker verifies and copies for itself")
    """Whether one process of a node verifies and copies, while the next bucket is on its way."""

    num_steps: int = known(6, "assumed", "by seed a mean step moves 6 % at 8 GPUs, 3 % at 32")
    """Steps that are simulated and counted."""
    warm_up_steps: int = known(2, "assumed", "both steps in flight are under way")
    """Steps before those."""
    slice_gpus: int = known(256, "assumed", "what a whole of 256 costs: 4 s of CPU")
    """Above it, so many GPUs are simulated, and each group stands for several."""
    seed: int = known(0, "assumed", "any")
    """Seed of lengths, calls and times."""

    @model_validator(mode="after")
    def _fits(self) -> "ScaleSettings":
        if self.group_size < 2:
            raise ValueError(
                f"group_size={self.group_size}: a group of one rollout is dropped, so no step ends"
            )
        if self.gpus < 2 or self.gpus % 2 or (self.stands_for > 1 and self.gpus % self.slice_gpus):
            raise ValueError(
                f"{self.gpus} GPUs: give an even number, and beyond {self.slice_gpus} a multiple of that"
            )
        return self

    @property
    def stands_for(self) -> int:
        """Groups that one simulated group stands for."""
        return max(1, self.gpus // self.slice_gpus)

    @property
    def groups_per_step(self) -> int:
        """Groups of a step, all of them."""
        return self.groups_per_gpu * self.gpus

    @property
    def ranks(self) -> int:
        """Learner ranks, one a GPU; as many engines."""
        return self.gpus // 2

    @classmethod
    def laptop(cls, *, signal_share: float, learner_tokens_s: float, group_tokens: float) -> "ScaleSettings":
        """The run of README.md on two cores: one rank, one engine, what its metrics.jsonl says of lengths and speeds.

        Args:
            signal_share: `groups_no_signal` of `groups_done`, from one.
            learner_tokens_s: `num_sequence_tokens` over `train_s`.
            group_tokens: `num_sequence_tokens` over `groups_used`.
        """
        model_tokens, prompt_tokens = 51.4, 120
        calls = 7.0 / 6
        return cls(
            gpus=2,
            groups_per_gpu=4,
            group_size=6,
            refill=True,
            signal_share=signal_share,
            prompt_tokens=prompt_tokens,
            model_tokens=model_tokens,
            tokens_sigma=0.5,
            max_turn_tokens=96,
            max_model_tokens=392,
            calls=calls,
            max_calls=3,
            output_tokens=round((group_tokens - prompt_tokens - 6 * model_tokens) / (6 * calls)),
            # 79 tokens a second beside the learner, however many sequences share them.
            decode_base_ms=0,
            decode_sequence_ms=1000 / 79,
            max_sequences=64,
            script_median_s=0.038,
            script_sigma=0,
            hang_share=0,
            sandbox_cores_per_gpu=1,
            learner_tokens_s=learner_tokens_s,
            weights_gb=0.27,
            refill_s=0,
            num_steps=100,
        )

    def mended(self) -> "ScaleSettings":
        """With all that docs/scaling.md says is to be built."""
        nodes = max(1, self.gpus // self.gpus_per_node)
        changed = {
            "scorers": max(1, nodes // 4),
            "driver_loops": max(1, nodes // 4),
            "prepares_all": False,
            "once_per_node": True,
            "is_pipelined": True,
            "scan_ns": 0.0,
        }
        return self.model_copy(update=changed)


def sources_table() -> str:
    """All settings as a Markdown table."""
    rows = ["| setting | value | kind | source |", "| --- | --- | --- | --- |"]
    for name, field in ScaleSettings.model_fields.items():
        extra = field.json_schema_extra
        assert isinstance(extra, dict), f"{name} has no source"
        default = field.default
        value = f"{default:,}" if not isinstance(default, bool) else str(default).lower()
        rows.append(f"| `{name}` | {value} | {extra['kind']} | {extra['source']} |")
    return "\n".join(rows)
