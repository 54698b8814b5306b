"""Log-probabilities of chosen tokens without ever holding the whole [tokens, vocabulary] matrix.

The logits of 4,000 tokens over 49,000 words are 800 MB in float32, and their softmax as much again. Here they
exist for one chunk of tokens at a time: the forward pass keeps one number per token (the log-sum-exp), the
backward pass computes the chunk's logits again. Prompt and environment tokens never come here at all.

Notation: T chosen tokens (N where T is the length of a row), C in a chunk, H hidden size, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel


class _ChunkedLogProbs(torch.autograd.Function):
    """logp_t = z_t[y_t] - logsumexp(z_t) and the entropy, with z = hidden weight^T / temperature."""

    @staticmethod
    def forward(
        ctx: Any, hidden_TH: Tensor, weight_VH: Tensor, target_T: Tensor, temperature: float, chunk: int
    ) -> tuple[Tensor, Tensor]:
        logp_T = torch.empty(len(target_T), dtype=torch.float32, device=hidden_TH.device)
        entropy_T, lse_T = torch.empty_like(logp_T), torch.empty_like(logp_T)
        exact_VH = _exact(weight_VH)
        for start in range(0, len(target_T), chunk):
            part = slice(start, start + chunk)
            logits_CV = _logits(hidden_TH[part], exact_VH, temperature)
            lse_T[part] = torch.logsumexp(logits_CV, dim=-1)
            logits_CV -= lse_T[part, None]
            logp_T[part] = logits_CV.gather(1, target_T[part, None]).squeeze(1)
            entropy_T[part] = -(logits_CV * logits_CV.exp()).sum(dim=-1)
        ctx.save_for_backward(hidden_TH, weight_VH, target_T, lse_T)
        ctx.temperature, ctx.chunk = temperature, chunk
        ctx.mark_non_differentiable(entropy_T)
        return logp_T, entropy_T

    @staticmethod
    def backward(ctx: Any, grad_T: Tensor, _grad_entropy_T: Tensor) -> tuple[Tensor | None, ...]:
        hidden_TH, weight_VH, target_T, lse_T = ctx.saved_tensors
        grad_hidden_TH = torch.empty_like(hidden_TH)
        grad_weight_VH = torch.zeros_like(weight_VH, dtype=torch.float32)
        exact_VH = _exact(weight_VH)
        for start in range(0, len(target_T), ctx.chunk):
            part = slice(start, start + ctx.chunk)
            scale_C1 = grad_T[part, None].float() / ctx.temperature
            # d logp / d z = onehot - softmax
            grad_CV = (_logits(hidden_TH[part], exact_VH, ctx.temperature) - lse_T[part, None]).exp_()
            grad_CV *= -scale_C1
            grad_CV.scatter_add_(1, target_T[part, None], scale_C1)
            grad_CV = grad_CV.to(weight_VH.dtype)
            grad_hidden_TH[part] = grad_CV @ weight_VH
            if weight_VH.dtype == torch.float32:
                grad_weight_VH.addmm_(grad_CV.T, hidden_TH[part])
            else:
                grad_weight_VH += grad_CV.T @ hidden_TH[part]
        return grad_hidden_TH, grad_weight_VH.to(weight_VH.dtype), None, None, None


def _exact(weight_VH: Tensor) -> Tensor:
    # A GPU multiplies bfloat16 to float32 by itself; a CPU needs the factors in float32.
    return weight_VH if weight_VH.is_cuda else weight_VH.float()


def _logits(hidden_CH: Tensor, weight_VH: Tensor, temperature: float) -> Tensor:
    """Logits in float32, never rounded: at 50 bfloat16 knows a logit to a quarter, and a log-probability with it."""
    if weight_VH.dtype == torch.float32:
        logits_CV = hidden_CH.float() @ weight_VH.T
    else:
        logits_CV = torch.mm(hidden_CH, weight_VH.T, out_dtype=torch.float32)
    return logits_CV if temperature == 1.0 else logits_CV.div_(temperature)


def selected_log_probs(
    hidden_TH: Tensor, weight_VH: Tensor, target_T: Tensor, *, temperature: float, chunk: int
) -> tuple[Tensor, Tensor]:
    """Log-probability of each target, and the entropy, under softmax(hidden weight^T / temperature).

    Args:
        hidden_TH: last hidden state at the position before each target.
        weight_VH: the output embedding.
        target_T: int64 token ids.
        temperature: of the distribution; the sampling temperature, as engines report processed log-probs.
        chunk: tokens whose logits exist at one time.

    Returns:
        logp_T and entropy_T, float32; the entropy carries no gradient.
    """
    if hidden_TH.ndim != 2 or hidden_TH.shape[0] != target_T.shape[0] or target_T.ndim != 1:
        raise ValueError(
            f"hidden_TH {list(hidden_TH.shape)} and target_T {list(target_T.shape)} do not match"
        )
    result: tuple[Tensor, Tensor] = _ChunkedLogProbs.apply(  # type: ignore[no-untyped-call]
        hidden_TH, weight_VH, target_T, temperature, chunk
    )
    return result


class PolicyModel(nn.Module):
    """A causal language model whose forward pass gives log-probabilities of chosen tokens, never logits.

    One forward call holds the body and the head, so DeepSpeed's hooks gather ZeRO-3 weights for both: the
    output embedding is a parameter of `head` itself (the same object as in the language model).
    """

    def __init__(
        self, language_model: PreTrainedModel, chunk: int, compute_dtype: torch.dtype = torch.float32
    ) -> None:
        super().__init__()
        _refuse_changed_logits(language_model)
        self.compute_dtype = compute_dtype
        self.language_model = language_model
        self.head = _Head(_output_embedding(language_model), chunk)

    def forward(
        self,
        input_ids_BT: Tensor,
        positions_BT: Tensor,
        mask_B1TT: Tensor | None,
        source_N: Tensor,
        target_N: Tensor,
        temperature: float,
    ) -> tuple[Tensor, Tensor]:
        """Log-probabilities and entropies of N chosen tokens.

        Args:
            input_ids_BT: token rows, padded on the right.
            positions_BT: position of each token in its own rollout.
            mask_B1TT: True where a query may see a key; None for plain causal attention.
            source_N: index into the flattened rows of the position that predicts each target.
            target_N: the chosen tokens.
            temperature: see `selected_log_probs`.
        """
        device = input_ids_BT.device.type
        # The head stays out of it: log-probabilities of bfloat16 logits are off by several hundredths.
        with torch.autocast(device, torch.bfloat16, enabled=self.compute_dtype == torch.bfloat16):
            hidden_BTH = self.language_model.base_model(
                input_ids=input_ids_BT, attention_mask=mask_B1TT, position_ids=positions_BT, use_cache=False
            ).last_hidden_state
        hidden_NH = hidden_BTH.flatten(0, 1).index_select(0, source_N).to(self.head.weight.dtype)
        logp_N, entropy_N = self.head(hidden_NH, target_N, temperature)
        return logp_N, entropy_N


class _Head(nn.Module):
    def __init__(self, output_embedding: nn.Linear, chunk: int) -> None:
        super().__init__()
        self.weight = output_embedding.weight
        self.chunk = chunk

    def forward(self, hidden_NH: Tensor, target_N: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
        return selected_log_probs(hidden_NH, self.weight, target_N, temperature=temperature, chunk=self.chunk)


def _output_embedding(language_model: PreTrainedModel) -> nn.Linear:
    head: nn.Linear = language_model.get_output_embeddings()
    return head


def _refuse_changed_logits(language_model: PreTrainedModel) -> None:
    head, config = _output_embedding(language_model), language_model.config
    scaled = [
        k for k in ("final_logit_softcapping", "logit_scale", "logits_scaling") if getattr(config, k, None)
    ]
    if scaled or head.bias is not None:
        raise ValueError(
            f"{type(language_model).__name__} changes its logits after the output embedding "
            f"({', '.join(scaled) or 'bias'}): use a Llama or Qwen2 model"
        )
