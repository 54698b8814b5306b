import math

import pytest
import torch

from actors.learning.kl import kl_penalty


def tensor(*values):
    return torch.tensor(values, dtype=torch.float64)


def test_kl_penalty_by_hand():
    # d = log 2: 2 - log 2 - 1; d = 0: nothing.
    penalty = kl_penalty(tensor(0.0, -1.0), tensor(math.log(2), -1.0), tensor(0.5, 0.5))
    assert penalty.item() == pytest.approx(0.5 * (1 - math.log(2)))


def test_the_pull_of_the_reference_grows_to_that_at_five_nats_and_no_further():
    logp_T = torch.tensor([-4.0, -5.0, -9.0, -1000.0], dtype=torch.float64, requires_grad=True)
    penalty = kl_penalty(logp_T, torch.zeros(4, dtype=torch.float64), torch.ones(4, dtype=torch.float64))
    penalty.backward()
    torch.testing.assert_close(
        logp_T.grad, 1 - torch.exp(torch.tensor([4.0, 5.0, 5.0, 5.0], dtype=torch.float64))
    )
    # At 9 nats: the tangent at 5 has risen by 4 slopes, e^5 (1 + 4), less d + 1.
    nine = kl_penalty(tensor(-9.0), tensor(0.0), tensor(1.0))
    assert nine.item() == pytest.approx(5 * math.exp(5) - 10)


def test_the_gradient_of_k3_pulls_towards_the_reference():
    logp_T = torch.tensor([-1.0, -3.0], requires_grad=True)
    kl_penalty(logp_T, torch.tensor([-2.0, -2.0]), torch.ones(2)).backward()
    # d/dlogp (exp(d) - d - 1) = 1 - exp(d)
    torch.testing.assert_close(logp_T.grad, 1 - torch.exp(torch.tensor([-1.0, 1.0])))


def test_each_estimator_by_hand():
    # d = reference - logp = log 2 and -log 3, weighing 1 and 2.
    tokens = tensor(0, 0), tensor(math.log(2), -math.log(3)), tensor(1, 2)
    assert kl_penalty(*tokens, "k1").item() == pytest.approx(-math.log(2) + 2 * math.log(3))
    assert kl_penalty(*tokens, "k2").item() == pytest.approx(math.log(2) ** 2 / 2 + math.log(3) ** 2)
    assert kl_penalty(*tokens, "k3").item() == pytest.approx(
        (2 - math.log(2) - 1) + 2 * (1 / 3 + math.log(3) - 1)
    )
    assert kl_penalty(*tokens).item() == kl_penalty(*tokens, "k3").item()


@pytest.mark.parametrize("estimator", ["k1", "k2"])
def test_the_gradient_of_k1_and_k2_is_how_much_likelier_the_policy_makes_the_token(estimator):
    logp_T = torch.tensor([0.0, 0.0], dtype=torch.float64, requires_grad=True)
    kl_penalty(logp_T, tensor(math.log(2), -math.log(3)), tensor(1, 2), estimator).backward()
    torch.testing.assert_close(logp_T.grad, tensor(-math.log(2), 2 * math.log(3)))


@pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
def test_over_a_whole_vocabulary_each_estimator_has_the_gradient_that_it_says(estimator):
    # A softmax policy over three words, and what its samples give on average: each word weighs its own probability.
    z_V = torch.tensor([0.3, -0.5, 0.1], dtype=torch.float64, requires_grad=True)
    reference_V = torch.log_softmax(tensor(-0.2, 0.4, 0.6), 0)
    logp_V = torch.log_softmax(z_V, 0)
    found = torch.autograd.grad(
        kl_penalty(logp_V, reference_V, logp_V.detach().exp(), estimator), z_V, retain_graph=True
    )[0]
    to_reference = (logp_V.exp() * (logp_V - reference_V)).sum()
    from_reference = (reference_V.exp() * (reference_V - logp_V)).sum()
    divergence = from_reference if estimator == "k3" else to_reference
    torch.testing.assert_close(found, torch.autograd.grad(divergence, z_V)[0])


@pytest.mark.parametrize("estimator", ["k1", "k3"])
def test_on_average_k1_and_k3_are_the_divergence(estimator):
    logp_V = torch.log_softmax(tensor(0.3, -0.5, 0.1), 0)
    reference_V = torch.log_softmax(tensor(-0.2, 0.4, 0.6), 0)
    divergence = (logp_V.exp() * (logp_V - reference_V)).sum()
    torch.testing.assert_close(kl_penalty(logp_V, reference_V, logp_V.exp(), estimator), divergence)


@pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
def test_nothing_is_pulled_at_the_reference(estimator):
    logp_T = torch.tensor([-1.0, -3.0], requires_grad=True)
    penalty = kl_penalty(logp_T, logp_T.detach(), torch.ones(2), estimator)
    penalty.backward()
    assert penalty.item() == 0.0
    assert logp_T.grad.tolist() == [0.0, 0.0]
