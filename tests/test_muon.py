"""Our Muon is torch's, in a precision of our choice."""

import pytest
import torch

from midi_text.training.muon import Muon, orthogonal


@pytest.mark.parametrize("shape", [(12, 20), (20, 12), (16, 16)])
def test_in_bfloat16_it_is_the_one_of_torch(shape: tuple[int, int]):
    generator = torch.Generator().manual_seed(0)
    ours = torch.nn.Parameter(torch.randn(shape, generator=generator))
    theirs = torch.nn.Parameter(ours.detach().clone())
    one = Muon([ours], lr=0.02, weight_decay=0.1)
    other = torch.optim.Muon([theirs], lr=0.02, weight_decay=0.1, momentum=0.95)
    for _ in range(4):
        gradient = torch.randn(shape, generator=generator)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        one.step()
        other.step()
    assert torch.equal(ours, theirs)


@pytest.mark.parametrize("shape", [(12, 20), (20, 12)])
def test_a_step_is_nearly_orthogonal(shape: tuple[int, int]):
    matrix = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    before = matrix.clone()
    singular = torch.linalg.svdvals(orthogonal(matrix, torch.float32))
    assert torch.equal(matrix, before)
    assert 0.5 < singular.min() < singular.max() < 1.5
    close = orthogonal(matrix, torch.bfloat16).float() - orthogonal(matrix, torch.float32)
    assert close.abs().max() < 0.05


def test_it_goes_on_from_its_state_and_moves_matrices_only():
    weight = torch.nn.Parameter(torch.ones(2, 3))
    optimizer = Muon([weight], lr=0.1, dtype=torch.float32)
    weight.grad = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    optimizer.step()
    again = Muon([weight], lr=0.1, dtype=torch.float32)
    again.load_state_dict(optimizer.state_dict())
    assert torch.equal(again.state[weight]["momentum_buffer"], optimizer.state[weight]["momentum_buffer"])
    with pytest.raises(ValueError, match="moves matrices"):
        Muon([torch.nn.Parameter(torch.ones(3))], lr=0.1)
