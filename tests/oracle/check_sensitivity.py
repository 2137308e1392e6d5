"""Tests that the committed outputs detect every seeded bug in the numpy model.

A seeded bug counts as detected when the logits of some model change by more than ten times the
tolerance of the C++ reference. Needs numpy only.
"""

import json
import math
import sys
from pathlib import Path

import numpy as np

import spec_model
from check_spec_model import DATA, OUTSIDE_TOLERANCE
from checkpoint import read_checkpoint, read_safetensors
from spec_model import SpecModel


def weights_changed(change):
    """A seeded bug in the weights: change(leaf, tensor) returns the tensor to use."""

    def fault(config, weights):
        return SpecModel(config, {name: change(name, tensor) for name, tensor in weights.items()})

    return fault


def leaf_changed(ending, change):
    return weights_changed(lambda name, tensor: change(tensor) if name.endswith(ending) else tensor)


def config_changed(**values):
    return lambda config, weights: SpecModel({**config, **values}, weights)


def window_moved(by):
    def fault(config, weights):
        window = config["sliding_window"]
        return SpecModel({**config, "sliding_window": window and window + by}, weights)

    return fault


def rope_changed(change):
    def fault(config, weights):
        rules = {kind: change(dict(rule)) for kind, rule in config["rope_parameters"].items()}
        return SpecModel({**config, "rope_parameters": rules}, weights)

    return fault


class PadBetweenConvs(SpecModel):
    def convolve(self, block, u, state):
        mixed = super().convolve(block, u, state)
        if not state.keys:
            conv = "self_attn.qkv_proj.conv_qk_"
            heads = self.q + self.kv
            taps = self.of(block, conv + "grouped.weight").reshape(heads, self.d, self.d, 2)
            bias = self.of(block, conv + "depthwise.bias").reshape(heads, self.d)
            mixed[0] -= np.einsum("goj,gj->go", taps[..., 0], bias)
        return mixed


class NoValueShift(SpecModel):
    def values(self, block, h, state):
        qkv = "self_attn.qkv_proj."
        halves = [
            h @ self.of(block, f"{qkv}v_proj_{half}.weight").T for half in ("current", "delayed")
        ]
        return np.concatenate(halves, axis=1).reshape(len(h), self.kv, self.d)


class HalvesPerHead(SpecModel):
    def values(self, block, h, state):
        rows = super().values(block, h, state).reshape(len(h), 2, self.kv, self.d // 2)
        return rows.transpose(0, 2, 1, 3).reshape(len(h), self.kv, self.d)


class InterleavedRope(SpecModel):
    def rotate(self, block, rows, positions):
        rotary = int(self.d * self.rope[self.kinds[block]]["partial_rotary_factor"])
        order = np.r_[0:rotary:2, 1:rotary:2, rotary : self.d]
        return super().rotate(block, rows[..., order], positions)[..., np.argsort(order)]


class ScaleBeforeBias(SpecModel):
    def merge(self, block, place, new, old):
        hs, hb, rs, rb = (
            self.of(block, f"{place}.{leaf}")
            for leaf in (
                "hidden_states_scale",
                "hidden_states_bias",
                "residual_scale",
                "residual_bias",
            )
        )
        return new * hs + hb + old * rs + rb


class TanhGelu(SpecModel):
    def mixture(self, block, h2, previous, trace):
        exact = spec_model.gelu
        spec_model.gelu = lambda x: (
            0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))
        )
        try:
            return super().mixture(block, h2, previous, trace)
        finally:
            spec_model.gelu = exact


class StateNotAdded(SpecModel):
    """The next block gets only this block's router state, without the state that this block received."""

    def mixture(self, block, h2, previous, trace):
        m, _ = super().mixture(block, h2, previous, trace)
        gate = "mlp.gate.down_proj."
        return m, h2 @ self.of(block, gate + "weight").T + self.of(block, gate + "bias")


class WeightOne(SpecModel):
    def mixture(self, block, h2, previous, trace):
        m, s = super().mixture(block, h2, previous, trace)
        chosen = trace["router_choice"][-1][:, None]
        return m / np.take_along_axis(trace["router_probabilities"][-1], chosen, -1), s


def first_theta(rule):
    return {**rule, "rope_theta": 5e6}


def swapped_halves(tensor):
    return np.concatenate(np.split(tensor, 2, axis=1)[::-1], axis=1)


def transposed_groups(tensor):
    width = tensor.shape[1]
    return tensor.reshape(-1, width, width, 2).swapaxes(1, 2).reshape(tensor.shape)


def swapped_values(config, weights):
    def other(name):
        current, delayed = "v_proj_current", "v_proj_delayed"
        return name.replace(current, "*").replace(delayed, current).replace("*", delayed)

    return SpecModel(config, {name: weights[other(name)] for name in weights})


FAULTS = {
    "zero pad between the convs": PadBetweenConvs,
    "depthwise bias missing": leaf_changed("depthwise.bias", lambda x: 0 * x),
    "depthwise taps swapped": leaf_changed("depthwise.weight", lambda x: x[..., ::-1]),
    "grouped taps swapped": leaf_changed("grouped.weight", lambda x: x[..., ::-1]),
    "grouped weight transposed": leaf_changed("grouped.weight", transposed_groups),
    "no value shift": NoValueShift,
    "value halves per head": HalvesPerHead,
    "value current and delayed swapped": swapped_values,
    "temperature exponential": leaf_changed("qk_norm.temp", np.exp),
    "temperature ignored": leaf_changed("qk_norm.temp", np.ones_like),
    "one theta for all layers": rope_changed(first_theta),
    "rotary half doubled": rope_changed(
        lambda rule: {**rule, "partial_rotary_factor": 2 * rule["partial_rotary_factor"]}
    ),
    "interleaved rotary pairs": InterleavedRope,
    "window one longer": window_moved(1),
    "window one shorter": window_moved(-1),
    "window ignored": config_changed(layer_types=None),
    "scale before bias in the residual": ScaleBeforeBias,
    "residual biases missing": leaf_changed("residual_bias", lambda x: 0 * x),
    "no depth addition": leaf_changed("router_states_scale", lambda x: 0 * x),
    "depth addition by a mean scale": leaf_changed(
        "router_states_scale", lambda x: np.full_like(x, x.mean())
    ),
    "depth addition not accumulated": StateNotAdded,
    "tanh GELU": TanhGelu,
    "balancing biases ignored": leaf_changed("balancing_biases", lambda x: 0 * x),
    "gate and up swapped": leaf_changed("gate_up_proj", swapped_halves),
    "routing weight 1": WeightOne,
    "norm epsilon 1e-5 for all": config_changed(rms_norm_eps=1e-5),
    "embedding as LM head": config_changed(tie_word_embeddings=True),
    "skip as identity": lambda config, weights: SpecModel(config, weights, "identity"),
    "skip dropped": lambda config, weights: SpecModel(config, weights, "drop"),
}


STATE_FAULTS = {
    "conv state lost before decode": {"u": np.zeros_like},
    "conv state columns swapped before decode": {"u": lambda u: u[::-1]},
    "lag state lost before decode": {"lag": np.zeros_like},
}


def decode(model, ids, sizes, changes):
    """Logits of a cached run whose state is changed once, after the prefill."""
    state, start, rows = model.fresh_state(), 0, []
    for size in sizes:
        rows.append(model.forward(ids[start : start + size], state)[0])
        if start == 0:
            for block in state:
                for name, change in changes.items():
                    setattr(block, name, change(getattr(block, name)))
        start += size
    return np.concatenate(rows)


def load(folder):
    facts = json.loads((folder / "expected.json").read_text())
    return (
        folder.name,
        *read_checkpoint(folder),
        facts,
        read_safetensors(folder / "expected.safetensors"),
    )


def judge(fault, moved):
    """Prints the largest change of a model's logits by one seeded bug. True if no model detected it."""
    best = max(moved, key=moved.get)
    seen = sum(gap > 10 * OUTSIDE_TOLERANCE for gap in moved.values())
    verdict = "detected" if seen else "MISSED"
    print(f"{verdict}  {fault}: {moved[best]:.2e} in {best}, detected by {seen} of {len(moved)}")
    return not seen


def main():
    folders = sorted(path.parent for path in Path(DATA).glob("*/expected.json"))
    if not folders:
        sys.exit(f"no expected.json below {DATA}: run make_oracle.py")
    loaded, missed = [load(folder) for folder in folders], 0
    for fault, broken in FAULTS.items():
        moved = {}
        for name, config, weights, facts, expected in loaded:
            logits, _ = broken(config, weights).forward(np.array(facts["input_ids"]))
            moved[name] = float(np.abs(logits - expected["logits"]).max())
        missed += judge(fault, moved)
    for fault, changes in STATE_FAULTS.items():
        moved = {}
        for name, config, weights, facts, expected in loaded:
            ids, sizes = np.array(facts["input_ids"]), facts["decode"]["sizes"]
            logits = decode(SpecModel(config, weights), ids, sizes, changes)
            moved[name] = float(np.abs(logits - expected["decode_logits"]).max())
        missed += judge(fault, moved)
    print(f"{missed} seeded bugs missed")
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
