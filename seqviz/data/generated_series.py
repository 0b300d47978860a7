"""Series that are made by a formula, whose future is known or provably unknowable."""

import math

import torch
from torch import Tensor

from seqviz.data.series import Series

PERIOD = 8 * math.pi
"""Steps of one swing of the sine: sin(t / 4)."""


def sine() -> Series:
    """A sine without noise, amplitude 1: what can be forecast as far as one likes."""
    return Series("sine", "A sine", "1", torch.sin(_steps(800) * 2 * math.pi / PERIOD), period=round(PERIOD))


def sines(seed: int = 0) -> Series:
    """Two sines, of 24 and of 168 steps, as hours in days and weeks have, and noise of a tenth."""
    steps = _steps(1500)
    clean = torch.sin(steps * 2 * math.pi / 24) + 0.5 * torch.sin(steps * 2 * math.pi / 168)
    return Series("sines", "Two sines with noise", "1", clean + 0.1 * _noise(1500, seed), period=24)


def chirp() -> Series:
    """A sine whose swings grow shorter, from 40 steps to 10: its future lies outside of what was learned from."""
    steps = _steps(1000)
    frequency = 1 / 40 + (1 / 10 - 1 / 40) * steps / 1000
    return Series("chirp", "A chirp", "1", torch.sin(2 * math.pi * frequency.cumsum(0)))


def mackey_glass() -> Series:
    """A chaotic feedback with a delay, dx/dt = 0.2 x(t−17) / (1 + x(t−17)¹⁰) − 0.1 x (Mackey and Glass 1977).

    Integrated by Euler's method in steps of 0.1 and read once a unit of time; the first 200 units are left out.
    """
    delay, fine, count = 17, 10, 1400
    x = [1.2] * (delay * fine + 1)
    for _ in range((count + 200) * fine):
        delayed = x[-1 - delay * fine]
        x.append(x[-1] + (0.2 * delayed / (1 + delayed**10) - 0.1 * x[-1]) / fine)
    values = torch.tensor(x[-count * fine :: fine], dtype=torch.float64)
    return Series("mackey-glass", "Mackey–Glass", "1", values, period=1)


def random_walk(seed: int = 0) -> Series:
    """Every step is drawn anew from a normal distribution: the best forecast of any tomorrow is today."""
    return Series("random-walk", "A random walk", "1", _noise(1200, seed).cumsum(0))


def prices(seed: int = 1) -> Series:
    """Like a share's: 100 at first, and each day times exp of a normal step of 1 % with a small drift."""
    returns = 0.0003 + 0.01 * _noise(1500, seed)
    values = 100 * torch.exp(returns.cumsum(0))
    return Series("prices", "Invented prices", "€", values, step="day", start="2020-01-01", frequency="B")


GENERATED = {
    "sine": sine,
    "sines": sines,
    "chirp": chirp,
    "mackey-glass": mackey_glass,
    "random-walk": random_walk,
    "prices": prices,
}


def _steps(count: int) -> Tensor:
    return torch.arange(count, dtype=torch.float64)


def _noise(count: int, seed: int) -> Tensor:
    return torch.randn(count, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
