"""Compares the numpy model with the committed outputs of transformers and the published goldens.

Needs numpy only. Prints the largest difference of each comparison; exit code 1 when one exceeds
its bound: half a unit of the last printed digit for goldens, and 1e-4 for the committed
f32 outputs, from which an f64 model differs by the rounding of f32 alone.
"""

import json
import sys
from pathlib import Path

import numpy as np

import generated
import goldens
from checkpoint import read_checkpoint, read_safetensors
from spec_model import SpecModel

DATA = Path(__file__).parent / "data"
OUTSIDE_TOLERANCE = 1e-4


class Report:
    def __init__(self):
        self.failures = 0

    def close(self, what, got, expected, allowed):
        got, expected = np.asarray(got, np.float64), np.asarray(expected, np.float64)
        gap = float(np.abs(got - expected).max()) if got.shape == expected.shape else np.inf
        passed = gap <= allowed  # also false for NaN
        self.failures += not passed
        print(
            f"{'passed' if passed else 'FAILED'}  {what}: "
            f"max difference {gap:.2e}, allowed {allowed:.1e}"
        )


def numbers(text):
    return np.array([float(word) for word in text.split()])


def probability_of_choice(trace):
    choice = trace["router_choice"][..., None]
    return np.take_along_axis(trace["router_probabilities"], choice, -1)[..., 0]


def in_pieces(model, ids, sizes):
    """Logits of the same tokens computed chunk by chunk, and the final state."""
    state, start, rows = model.fresh_state(), 0, []
    for size in sizes:
        rows.append(model.forward(ids[start : start + size], state)[0])
        start += size
    return np.concatenate(rows), state


def against_transformers(report, folder):
    facts = json.loads((folder / "expected.json").read_text())
    expected = read_safetensors(folder / "expected.safetensors")
    model = SpecModel(*read_checkpoint(folder), skip=facts["skip_expert"])
    ids = np.array(facts["input_ids"])
    logits, trace = model.forward(ids)
    trace["logits"] = logits
    trace["decode_logits"], state = in_pieces(model, ids, facts["decode"]["sizes"])
    trace["chunk_logits"], _ = in_pieces(model, ids, facts["chunks"]["sizes"])
    trace["conv_state"] = np.array([block.u.T for block in state])
    trace["lag_state"] = np.array([block.lag for block in state])
    batch = facts["left_padded"]
    for row, pad in enumerate(batch["pads"]):
        trace[f"padded_logits_{row}"] = model.forward(np.array(batch["input_ids"][row][pad:]))[0]
    chosen = probability_of_choice(trace)
    trace["router_weight"] = np.where(trace["router_choice"] == model.experts, 0.0, chosen)
    for name, tensor in expected.items():
        allowed = 0 if name == "router_choice" else OUTSIDE_TOLERANCE
        report.close(f"{folder.name} {name}", trace[name], tensor, allowed)


def greedy(model, ids, steps):
    state, out = model.fresh_state(), []
    logits, _ = model.forward(ids, state)
    for _ in range(steps):
        out.append(int(logits[-1].argmax()))
        logits, _ = model.forward(np.array(out[-1:]), state)
    return out


def against_goldens(report, name, config, skip, golden):
    model = SpecModel(config, generated.weights(config), skip)
    logits, trace = model.forward(generated.IDS)
    label = f"{name} skip={skip}"
    choices = [numbers(row) for row in golden["choice"]]
    report.close(f"{label} choices", trace["router_choice"], choices, 0)
    report.close(f"{label} argmax", logits.argmax(axis=1), numbers(golden["argmax"]), 0)
    for t, row in golden["logits"].items():
        report.close(f"{label} logits t={t}", logits[t, [0, 1, 2, 511]], numbers(row), 0.51e-6)
    report.close(f"{label} sum of logits", logits.sum(), golden["sum"], 0.51e-7)
    report.close(f"{label} sum of squares", (logits**2).sum(), golden["squares"], 0.51e-4)
    sums = trace["residual"][1:].sum(axis=(1, 2))
    report.close(f"{label} residual sums", sums, numbers(golden["residual_sum"]), 0.51e-7)
    if "greedy" in golden:
        sixteen = greedy(model, generated.IDS, 16)
        report.close(f"{label} greedy 16", sixteen, numbers(golden["greedy"]), 0)
    for sizes in ([1] * 12, [5, 7], [3, 2, 1, 6]):
        pieces, _ = in_pieces(model, generated.IDS, sizes)
        report.close(f"{label} pieces {sizes}", pieces, logits, 1e-12)


def intermediates(report):
    golden, config = goldens.T1_ZERO, generated.T1
    weights = generated.weights(config)
    state = (model := SpecModel(config, weights)).fresh_state()
    logits, trace = model.forward(generated.IDS, state)
    printed = [numbers(row) for row in golden["probability"]]
    report.close("T1 probability of the choice", probability_of_choice(trace), printed, 0.51e-6)
    biases = np.array([weights[f"model.layers.{i}.mlp.gate.balancing_biases"] for i in range(4)])
    ranked = np.sort(trace["router_probabilities"] + biases[:, None], axis=-1)
    margins = (ranked[..., -1] - ranked[..., -2]).min(axis=1)
    report.close("T1 smallest margins", margins, numbers(golden["margin"]), 0.51e-4)
    query, key, value = (trace[name][0] for name in ("query", "key", "value"))
    for t, row in golden["qkv"].items():
        q, k, v = query[t], key[t], value[t]
        parts = [q[0, :4], q[3, 12:], k[0, :4], k[1, 12:], v[0, :4], v[1, :4]]
        report.close(f"T1 block 0 q, k, v at t={t}", np.concatenate(parts), numbers(row), 0.51e-6)
    channels = numbers(golden["state_channels"]).astype(int)
    older, newer = state[0].u[:, channels]
    report.close("T1 block 0 state, older", older, numbers(golden["state_older"]), 0.51e-6)
    report.close("T1 block 0 state, newer", newer, numbers(golden["state_newer"]), 0.51e-6)
    report.close("T1 block 0 lag", state[0].lag[:4], numbers(golden["lag"]), 0.51e-6)
    squares = (trace["residual"][1:] ** 2).sum(axis=(1, 2))
    report.close("T1 residual squares", squares, numbers(golden["residual_squares"]), 0.51e-6)
    report.close("T1 max logits", logits.max(axis=1), numbers(golden["max_logit"]), 0.51e-6)


def main():
    report = Report()
    for name, config, skip, golden in (
        ("T1", generated.T1, "zero", goldens.T1_ZERO),
        ("T1", generated.T1, "identity", goldens.T1_IDENTITY),
        ("T0", generated.T0, "zero", goldens.T0_ZERO),
        ("T0", generated.T0, "identity", goldens.T0_IDENTITY),
    ):
        against_goldens(report, name, config, skip, golden)
    intermediates(report)
    folders = sorted(path.parent for path in DATA.glob("*/expected.json"))
    if not folders:
        sys.exit(f"no expected.json below {DATA}: run make_oracle.py")
    for folder in folders:
        against_transformers(report, folder)
    print(f"{report.failures} comparisons failed")
    sys.exit(1 if report.failures else 0)


if __name__ == "__main__":
    main()
