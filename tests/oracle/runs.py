"""Runs of a model and their outputs: one pass, cached chunks, a left-padded batch."""

import torch

from models import prompt


@torch.no_grad()
def observed_run(model, ids):
    """One pass without a cache, with hooks on every block: most of expected.safetensors."""
    layers = model.model.layers
    blockwise = ("residual", "attention_output", "moe_input", "moe_output")
    seen = {name: [] for name in (*blockwise, "state", "logits", "weight")}

    def before(module, name):
        hooks.append(
            module.register_forward_pre_hook(lambda _, args: seen[name].append(args[0][0]))
        )

    def after(module, name):
        hooks.append(module.register_forward_hook(lambda _, __, out: seen[name].append(out[0][0])))

    hooks = []
    before(layers[0], "residual")
    for layer in layers:
        after(layer, "residual")
        after(layer.self_attn, "attention_output")
        before(layer.mlp, "moe_input")
        after(layer.mlp, "moe_output")
        hooks.append(
            layer.mlp.gate.register_forward_hook(lambda _, __, out: read_router(out, seen))
        )
    output = model.model(input_ids=ids[None], use_cache=False)
    logits = model.lm_head(output.last_hidden_state)
    for hook in hooks:
        hook.remove()
    probabilities = torch.softmax(torch.stack(seen["logits"]), dim=-1)
    biases = torch.stack([layer.mlp.gate.balancing_biases for layer in layers]).float()
    return {
        "logits": logits[0],
        **{name: torch.stack(seen[name]) for name in blockwise},
        "final_norm": output.last_hidden_state[0],
        "router_state": torch.stack(seen["state"]),
        "router_probabilities": probabilities,
        "router_choice": (probabilities + biases[:, None, :]).argmax(dim=-1).to(torch.int32),
        "router_weight": torch.stack(seen["weight"]),
    }


def read_router(out, seen):
    """The router returns logits, masked weight, masked index and the state for the next block."""
    seen["logits"].append(out[0])
    seen["weight"].append(out[1][:, 0])
    seen["state"].append(out[3][0])


@torch.no_grad()
def cached_run(model, ids, sizes):
    """The same tokens in chunks of the given sizes, with the class's own cache."""
    cache, start, pieces = None, 0, []
    for size in sizes:
        output = model(
            input_ids=ids[None, start : start + size], past_key_values=cache, use_cache=True
        )
        cache, start = output.past_key_values, start + size
        pieces.append(output.logits[0])
    return torch.cat(pieces), cache


@torch.no_grad()
def left_padded_run(model, tiny, steps=3, explicit_positions=True):
    """Two rows of different lengths, pads on the left: one prefill, then single-token steps.

    Positions follow the rule of generate(): the number of real tokens before, and 0 for a pad.
    """
    lengths, width = tiny.padded, max(tiny.padded)
    vocabulary = model.config.vocab_size
    source = prompt(tiny, vocabulary, 64)
    rows = [source[start : start + length + steps] for start, length in zip((0, 30), lengths)]
    pads = [width - length for length in lengths]
    ids = torch.stack([torch.cat([torch.zeros(pad).long(), row]) for pad, row in zip(pads, rows)])
    mask = torch.stack([(torch.arange(width + steps) >= pad).long() for pad in pads])
    positions = (mask.cumsum(-1) - 1).masked_fill(mask == 0, 0)
    cache, pieces = None, []
    for begin, end in [(0, width), *((width + i, width + i + 1) for i in range(steps))]:
        output = model(
            input_ids=ids[:, begin:end],
            attention_mask=mask[:, :end],
            position_ids=positions[:, begin:end] if explicit_positions else None,
            past_key_values=cache,
            use_cache=True,
        )
        cache = output.past_key_values
        pieces.append(output.logits)
    logits = torch.cat(pieces, dim=1)
    tensors = {f"padded_logits_{row}": logits[row, pad:].clone() for row, pad in enumerate(pads)}
    batch = {
        "input_ids": ids.tolist(),
        "attention_mask": mask.tolist(),
        "position_ids": positions.tolist(),
        "prefill": width,
        "sizes": [width] + [1] * steps,
        "pads": pads,
    }
    return tensors, batch


def skip_semantics(tensors, experts):
    """The semantics of the skip expert in a run, derived from the outputs."""
    skipped = tensors["router_choice"] == experts
    if not skipped.any():
        raise SystemExit("no token chose skip: the meaning of skip cannot be read from this run")
    output = tensors["moe_output"][skipped]
    if bool((output == 0).all()):
        return "zero"
    identity = tensors["router_probabilities"][..., -1:][skipped] * tensors["moe_input"][skipped]
    if torch.allclose(output, identity, atol=1e-6):
        return "identity"
    raise SystemExit("the output of skipped tokens is neither zero nor the weighted input")
