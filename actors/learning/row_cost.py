"""Whether siblings are cheaper in one row that holds their prompt once, or in rows of their own: arithmetic alone.

One row saves the prompt's way through the matrices for all siblings but one. It costs attention: a causal kernel
passes over half of the pairs of tokens, while under a mask all pairs of the row are computed, also those of two
responses that do not see each other. So sharing pays for short answers after a long prompt.
"""

from dataclasses import dataclass
from typing import Any

# One pair under a mask against one that a causal kernel computes; `make bench-learner` measures it.
_MASKED_PAIR = 1.0


@dataclass(frozen=True)
class RowCost:
    """Cost of a row, one token's way through the model's matrices being 1: `RowCost(per_pair=3.3e-4)`."""

    per_pair: float
    """Attention of one token to one other, all layers together."""

    def alone(self, num_tokens: int) -> float:
        """One response after its prompt."""
        return num_tokens + 0.5 * self.per_pair * num_tokens**2

    def shared(self, num_tokens: int) -> float:
        """Several responses after one prompt."""
        return num_tokens + _MASKED_PAIR * self.per_pair * num_tokens**2


def sees_all_before(language_model: Any) -> bool:
    """Whether each token sees all earlier ones, in every layer: only then may siblings share a row.

    In a layer with a window, or with a running state in place of attention, what lies between a response and its prompt
    counts, and in a shared row that is other responses.
    """
    config = language_model.config.get_text_config()
    layer_types = getattr(config, "layer_types", None)
    if layer_types:
        return set(layer_types) == {"full_attention"}
    return getattr(config, "sliding_window", None) is None


def row_cost(language_model: Any) -> RowCost:
    """The cost of this model's rows, from its shape.

    A token costs two operations for each weight of the layers (embeddings are looked up, and the head is applied to the
    same tokens either way); a pair costs four for each unit of all heads' width, in every layer: two for the score, two
    for the sum of values.

    Args:
        language_model: a transformers model; its weights may be in parts (ZeRO-3).
    """
    config = language_model.config.get_text_config()
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    embeddings = {
        id(module.weight)
        for module in (language_model.get_input_embeddings(), language_model.get_output_embeddings())
    }
    weights = sum(
        getattr(p, "ds_numel", p.numel()) for p in language_model.parameters() if id(p) not in embeddings
    )
    return RowCost(per_pair=2 * config.num_hidden_layers * config.num_attention_heads * head_dim / weights)
