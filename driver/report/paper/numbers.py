"""The paper's own numbers, with where each was read; only such as were read as they stand.

The paper is R1-Code-Interpreter, arXiv 2505.21668; version 1 of May 2025, versions 2 and 3 of September 2025 and March
2026. Its full text was not at hand (docs/paper.md): the places are abstracts, a listing of results, a reader's notes.
"""

from dataclasses import dataclass

Part = tuple[str, bool]
"""A source of families (`all` for all three), and whether its families were held out."""

_ABSTRACT_1 = "abstract of version 1"
_ABSTRACT_3 = "abstract of versions 2 and 3"
_LISTING = "a public listing of results, not the paper itself"


@dataclass(frozen=True)
class PaperRow:
    """One model of the paper: accuracies in percent, and where they were read."""

    model: str
    accuracy: dict[Part, float]
    place: str


PAPER_ROWS = (
    PaperRow("Qwen2.5-14B-Instruct-1M, untrained", {("all", True): 44.1}, _ABSTRACT_3),
    PaperRow(
        "14B after SFT alone",
        {("all", True): 63.1},
        "a reader's notes, perhaps reckoned back from 72.4 less the gain of 9.3",
    ),
    PaperRow("R1-CI-14B (SFT, staged GRPO)", {("all", True): 72.4}, _ABSTRACT_3),
    PaperRow(
        "R1-CI-14B, by source",
        {
            ("symbench", False): 74.4,
            ("symbench", True): 65.6,
            ("bbh", False): 91.9,
            ("bbh", True): 86.5,
        },
        _LISTING,
    ),
    PaperRow("R1-CI-14B of version 1 (no stages)", {("all", True): 64.1}, _ABSTRACT_1),
    PaperRow("GPT-4o, text only", {("all", True): 58.6}, _ABSTRACT_1),
    PaperRow("GPT-4o with its Code Interpreter", {("all", True): 70.9}, _ABSTRACT_1),
)

GAIN_BY_FAMILIES = ((1, 27.4), (107, 3.3))
"""(families trained on, GRPO's gain in points), 50 samples a family: Figure 3d, its two ends, from a reader's notes."""

SET_UP = (
    "Qwen2.5-14B-Instruct-1M, 107 families trained on and 37 held out, 6.5k traces by GPT-4o, "
    "600 steps of 128 tasks x 5 rollouts on 16 H100"
)
"""The paper's model, data and budget, in the words of the report's comparison."""
