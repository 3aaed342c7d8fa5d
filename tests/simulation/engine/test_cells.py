"""What a step of a cell needs: the chance of a second spike, the exact transition."""

import numpy as np
import pytest

from neurosim.simulation.engine.cells import constants, second_spike_chance
from neurosim.simulation.engine.worker import Worker


def test_second_spike_chance_bounds_what_is_seen():
    # oracle: steps with two spikes among steps with one, of a cell that often has them
    cell = {"noise_sd": 5e-3, "tau_m": 0.02, "v_threshold": 0.02, "v_reset": 0.016, "t_ref": 0.0}
    n, steps, dt = 2088, 2000, 1e-3
    block = {name: np.full(n, value) for name, value in cell.items()}
    block |= {"mu": np.full(n, 0.02), "v": np.full(n, 0.016), "release": np.zeros(n)}
    block |= {"cell": np.zeros(n), "stimulus": np.zeros(n), "trial": np.arange(n)}
    with Worker("cpp") as worker:
        worker.load(block, 1, dt)
        _, who, when = worker.run(0, steps, dt, times=True)
    step = np.floor(when / dt).astype(int)
    pairs = (np.diff(step) == 0) & (np.diff(who) == 0)
    seen = pairs.sum() / (when.size - pairs.sum())
    chance = second_spike_chance(0.02, **cell, dt=dt)
    assert seen < chance < 5 * seen


@pytest.mark.parametrize("ratio", [0.02, 0.5, 1.0, 3.0])
def test_the_transition_is_exact(ratio):
    # oracle: mean and covariance of the linear pair by a fine product of first-order steps
    tau, sd, dt = 0.02, 3e-3, 5e-4 * min(1.0, 50 * ratio)
    tau_noise = ratio * tau
    cell = {
        "tau_m": tau,
        "noise_sd": sd,
        "v_threshold": 0.02,
        "v_reset": 0.01,
        "t_ref": 0.002,
        "tau_noise": tau_noise,
    }
    made = constants({n: np.array([v]) for n, v in cell.items()}, dt)
    parts = 20_000
    h = dt / parts
    drift = np.array([[-1 / tau, 1 / tau], [0, -1 / tau_noise]])
    intensity = 2 * sd**2 * (1 + tau / tau_noise) / tau_noise
    one = np.eye(2) + h * drift + h * h / 2 * drift @ drift
    mean, cov = np.eye(2), np.zeros((2, 2))
    for _ in range(parts):
        half = one @ (cov + np.diag([0, intensity * h / 2])) @ one.T
        cov = half + np.diag([0, intensity * h / 2])
        mean = one @ mean
    get = {name: float(value[0]) for name, value in made.items()}
    assert [get["decay"], get["feed"], get["decay_noise"]] == pytest.approx(
        [mean[0, 0], mean[0, 1], mean[1, 1]], rel=1e-7
    )
    found = np.array(
        [
            [
                get["kick"] ** 2 + (get["follow"] * get["kick_noise"]) ** 2,
                get["follow"] * get["kick_noise"] ** 2,
            ],
            [get["follow"] * get["kick_noise"] ** 2, get["kick_noise"] ** 2],
        ]
    )
    assert found == pytest.approx(cov, rel=2e-4)
