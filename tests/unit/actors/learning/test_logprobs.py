import pytest
import torch

from actors.learning.logprobs import PolicyModel, selected_log_probs
from tests.unit.actors.learner_cases import tiny_model


def naive(hidden_TH, weight_VH, target_T, temperature):
    logp_TV = torch.log_softmax(hidden_TH @ weight_VH.T / temperature, dim=-1)
    return logp_TV.gather(1, target_T[:, None]).squeeze(1), -(logp_TV.exp() * logp_TV).sum(-1)


def arguments(num_tokens=11):
    generator = torch.Generator().manual_seed(0)
    hidden_TH = torch.randn(num_tokens, 8, generator=generator).requires_grad_()
    weight_VH = torch.randn(13, 8, generator=generator).requires_grad_()
    return hidden_TH, weight_VH, torch.randint(0, 13, (num_tokens,), generator=generator)


@pytest.mark.parametrize("chunk", [1, 4, 11, 64])
@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_chunks_give_the_values_and_gradients_of_the_whole_matrix(chunk, temperature):
    mine, theirs = arguments(), arguments()
    logp_T, entropy_T = selected_log_probs(*mine, temperature=temperature, chunk=chunk)
    expected_T, expected_entropy_T = naive(*theirs, temperature)
    torch.testing.assert_close(logp_T, expected_T)
    torch.testing.assert_close(entropy_T, expected_entropy_T)
    scale_T = torch.arange(11.0) - 4
    (logp_T * scale_T).sum().backward()
    (expected_T * scale_T).sum().backward()
    torch.testing.assert_close(mine[0].grad, theirs[0].grad)
    torch.testing.assert_close(mine[1].grad, theirs[1].grad)


def test_one_word_in_two_by_hand():
    # logits 0 and log 3 at temperature 1: probabilities 1/4 and 3/4.
    hidden_TH, weight_VH = torch.ones(1, 1), torch.tensor([[0.0], [torch.tensor(3.0).log()]])
    logp_T, entropy_T = selected_log_probs(hidden_TH, weight_VH, torch.tensor([0]), temperature=1.0, chunk=8)
    assert logp_T.exp().item() == pytest.approx(0.25)
    assert entropy_T.item() == pytest.approx(0.562335)


def test_bfloat16_gradients_are_near_those_of_float32():
    exact, rough = arguments(), [t.detach().bfloat16().requires_grad_() for t in arguments()[:2]]
    selected_log_probs(*exact, temperature=1.0, chunk=4)[0].sum().backward()
    selected_log_probs(*rough, arguments()[2], temperature=1.0, chunk=4)[0].sum().backward()
    assert rough[1].grad.dtype == torch.bfloat16
    torch.testing.assert_close(rough[1].grad.float(), exact[1].grad, atol=0.1, rtol=0.05)


@pytest.mark.parametrize("temperature", [1.0, 0.6])
def test_logits_of_bfloat16_weights_are_not_rounded(temperature):
    # Logits about 50: bfloat16 knows them to a quarter only, and log-probabilities with them.
    generator = torch.Generator().manual_seed(0)
    hidden_TH = torch.randn(40, 64, generator=generator).bfloat16().requires_grad_()
    weight_VH = (2 * torch.randn(500, 64, generator=generator)).bfloat16().requires_grad_()
    target_T = (hidden_TH @ weight_VH.T).argmax(dim=-1)
    exact_TV = (hidden_TH.detach().double() @ weight_VH.detach().double().T) / temperature
    assert exact_TV.max() > 50
    expected_T = torch.log_softmax(exact_TV, dim=-1).gather(1, target_T[:, None]).squeeze(1)
    logp_T, _ = selected_log_probs(hidden_TH, weight_VH, target_T, temperature=temperature, chunk=7)
    torch.testing.assert_close(logp_T.double(), expected_T, atol=1e-4, rtol=0)


def test_policy_model_gives_the_log_probs_of_the_language_model():
    model = tiny_model()
    ids_BT = torch.randint(0, 300, (2, 9), generator=torch.Generator().manual_seed(1))
    # Predict tokens 3..8 of both rows from the positions before.
    source_N = torch.cat([torch.arange(2, 8), 9 + torch.arange(2, 8)])
    target_N = torch.cat([ids_BT[0, 3:], ids_BT[1, 3:]])
    policy = PolicyModel(model, chunk=5)
    logp_N, _ = policy(ids_BT, torch.arange(9).expand(2, 9), None, source_N, target_N, 1.0)
    expected_BTV = torch.log_softmax(model(ids_BT).logits, dim=-1)
    expected_N = expected_BTV.flatten(0, 1)[source_N].gather(1, target_N[:, None]).squeeze(1)
    torch.testing.assert_close(logp_N, expected_N, atol=1e-5, rtol=0)


def test_output_embedding_is_the_models_own_parameter():
    model = tiny_model()
    policy = PolicyModel(model, chunk=5)
    assert policy.head.weight is model.lm_head.weight
    assert len(list(policy.parameters())) == len(list(model.parameters()))


def test_model_that_changes_its_logits_is_refused():
    model = tiny_model()
    model.config.final_logit_softcapping = 30.0
    with pytest.raises(ValueError, match=r"final_logit_softcapping.*use a Llama or Qwen2 model"):
        PolicyModel(model, chunk=5)
