"""Writes the oracle data: tiny checkpoints, and the outputs that transformers computes from them.

Each model becomes a folder: the checkpoint as save_pretrained writes it, expected.safetensors with
the outputs, and expected.json with the inputs, the versions and the meaning of every tensor.
"""

import argparse
import json
import platform
import re
import shutil
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save_file

from models import MODELS, build, prompt, save
from runs import cached_run, left_padded_run, observed_run, skip_semantics

MEANINGS = {
    "logits": "[S,V] one forward pass over input_ids without a cache",
    "residual": "[L+1,S,H] residual stream: row 0 is the scaled embedding (E[id] + b_in) * s_in, "
    "row i+1 the stream after the MoE of block i; before the final norm",
    "final_norm": "[S,H] output of the final RMSNorm, the input of the LM head",
    "attention_output": "[L,S,H] attention of each block after o_proj, before the residual scaling",
    "moe_input": "[L,S,H] the normalised residual that router and experts of each block read",
    "moe_output": "[L,S,H] output of each block's MoE before the residual scaling; 0 where skipped",
    "router_state": "[L,S,R] router hidden state after the depth addition (EDA), before its norm",
    "router_probabilities": "[L,S,E+1] softmax over the real experts and, last, skip; without "
    "balancing biases",
    "router_choice": "[L,S] argmax of probabilities + balancing_biases; E means skip",
    "router_weight": "[L,S] factor of the expert's output: probability of the choice, 0 for skip",
    "decode_logits": "[S,V] as logits, with a cache: decode.prefill tokens at once, then singly",
    "chunk_logits": "[S,V] as logits, with a cache, in the pieces of chunks.sizes",
    "conv_state": "[L,C,2] cached u columns (older, newer) of each block after the last step",
    "lag_state": "[L,kv*d/2] cached v_proj_delayed row of each block after the last step",
    "padded_logits_0": "[n_0,V] real positions of row 0 of the padded batch, prefill, then singly",
    "padded_logits_1": "[n_1,V] the same for row 1, the shorter one",
}


def describe(model, tiny):
    config = model.config
    ids = prompt(tiny, config.vocab_size, tiny.tokens)
    tensors = observed_run(model, ids)
    decode = [tiny.prefill] + [1] * (tiny.tokens - tiny.prefill)
    tensors["decode_logits"], cache = cached_run(model, ids, decode)
    tensors["conv_state"] = torch.stack([layer.conv_states[0][0] for layer in cache.layers])
    tensors["lag_state"] = torch.stack([layer.recurrent_states[0][0] for layer in cache.layers])
    chunks = [*tiny.chunks, tiny.tokens - sum(tiny.chunks)]
    tensors["chunk_logits"], _ = cached_run(model, ids, chunks)
    padded, batch = left_padded_run(model, tiny)
    tensors.update(padded)
    shorter = torch.tensor(batch["input_ids"][1][batch["pads"][1] :])
    alone = observed_run(model, shorter)
    margin = min(closest_margin(model, run) for run in (tensors, alone))
    facts = {
        "model": tiny.name,
        "why": tiny.why,
        "seed": tiny.seed,
        "made_by": {
            "python": platform.python_version(),
            **{
                package: version(package)
                for package in ("torch", "transformers", "safetensors", "numpy")
            },
        },
        "computed_in": "float32, CPU, one thread, attention and experts implementation eager",
        "stored_as": str(tiny.storage).removeprefix("torch."),
        "skip_expert": skip_semantics(tensors, config.num_experts),
        "sliding_window": config.sliding_window,
        "input_ids": ids.tolist(),
        "decode": {"prefill": tiny.prefill, "sizes": decode},
        "chunks": {"sizes": chunks},
        "left_padded": batch,
        "closest_router_margin": margin,
        "skips": int((tensors["router_choice"] == config.num_experts).sum()),
    }
    checks = {
        "decode_logits": (tensors["decode_logits"], tensors["logits"]),
        "chunk_logits": (tensors["chunk_logits"], tensors["logits"]),
        "padded_logits_0": (
            tensors["padded_logits_0"],
            tensors["logits"][: len(tensors["padded_logits_0"])],
        ),
        "padded_logits_1": (tensors["padded_logits_1"], alone["logits"]),
    }
    facts["distance_from_plain_pass"] = {
        name: float(f"{(run - plain).abs().max():.2e}") for name, (run, plain) in checks.items()
    }
    return facts, tensors


def closest_margin(model, tensors):
    """Smallest gap between the best and the second biased probability of any layer and token."""
    biases = torch.stack([layer.mlp.gate.balancing_biases for layer in model.model.layers]).float()
    best = (tensors["router_probabilities"] + biases[:, None, :]).topk(2, dim=-1).values
    return float((best[..., 0] - best[..., 1]).min())


def demand(facts, tensors, experts):
    """Checks the properties that a committed model needs; a seed without one of them tests nothing."""
    name = facts["model"]
    used = set(tensors["router_choice"].flatten().tolist())
    margin = facts["closest_router_margin"]
    if margin < 1e-4:
        raise SystemExit(f"{name}: router margin {margin:.2e} is within reach of f32 rounding")
    if experts not in used or len(used) < 3:
        raise SystemExit(
            f"{name}: choices {sorted(used)} need skip ({experts}) and at least two experts"
        )
    for run, gap in facts["distance_from_plain_pass"].items():
        if gap > 1e-4:
            raise SystemExit(
                f"{name}: {run} differs from the plain pass by {gap:.2e}, allowed 1e-4"
            )


def write(tiny, folder):
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    model = build(tiny)
    facts, tensors = describe(model, tiny)
    demand(facts, tensors, model.config.num_experts)
    save(model, tiny, folder)
    tensors = {name: tensor.contiguous() for name, tensor in sorted(tensors.items())}
    facts["tensors"] = {
        name: {
            "shape": list(tensor.shape),
            "dtype": "I32" if tensor.dtype is torch.int32 else "F32",
            "meaning": MEANINGS[name],
        }
        for name, tensor in tensors.items()
    }
    save_file(tensors, folder / "expected.safetensors")
    (folder / "expected.json").write_text(readable(facts))
    for path in folder.iterdir():
        path.chmod(0o644)
    size = sum(path.stat().st_size for path in folder.iterdir())
    print(
        f"{tiny.name}: {size} bytes, margin {facts['closest_router_margin']:.1e}, "
        f"{facts['skips']} skips, "
        f"max |logit| {tensors['logits'].abs().max():.2f}"
    )


def readable(facts):
    """JSON with one line per list of numbers."""
    text = json.dumps(facts, indent=1)
    return re.sub(r"\[[^][{}\"]*\]", lambda match: " ".join(match[0].split()), text) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent / "data")
    parser.add_argument("--model", action="append", choices=[tiny.name for tiny in MODELS])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for tiny in MODELS:
        if not arguments.model or tiny.name in arguments.model:
            write(tiny, arguments.output / tiny.name)


if __name__ == "__main__":
    main()
