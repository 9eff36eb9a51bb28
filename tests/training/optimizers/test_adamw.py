import torch

from paretocaps.domain.choices import Choices
from paretocaps.training.optimizer import build_optimizer, rate_tensor


def test_it_is_torchs_adamw_with_its_weight_decay():
    generator = torch.Generator().manual_seed(0)
    start = torch.randn(5, 4, generator=generator)
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    rate = rate_tensor(torch.device("cpu"))
    made = build_optimizer([ours], Choices(optimizer="adamw", beta1=0.8), rate)
    plain = torch.optim.AdamW([theirs], lr=3e-3, betas=(0.8, 0.999), foreach=False, fused=False)
    rate.fill_(3e-3)
    for _ in range(5):
        ours.grad = torch.randn(5, 4, generator=generator)
        theirs.grad = ours.grad.clone()
        made.step()
        plain.step()
    torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)
