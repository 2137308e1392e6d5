"""Probes the forward pass of transformers where documents disagree.

Each line printed was measured; docs/oracle-differences.md writes the answers up. Makes no data.
"""

import copy
import math

import torch
from transformers import ZayaConfig, ZayaForCausalLM

import generated
import goldens
from models import COMMON, build
from probing import BY_NAME, as_numpy, ask, gap, logits, read_settings, say, told, variant
from runs import cached_run, left_padded_run
from spec_model import SpecModel


def generated_models():
    for name, settings in (("T0", generated.T0), ("T1", generated.T1)):
        weights = generated.weights(settings)
        config = ZayaConfig(**settings, pad_token_id=0, bos_token_id=2, eos_token_id=1)
        config._attn_implementation = config._experts_implementation = "eager"
        model = ZayaForCausalLM(config).float().eval()
        names = {
            key: list(value.shape)
            for key, value in model.state_dict().items()
            if key != "lm_head.weight"
        }
        same = names == {key: list(shape) for key, shape in generated.shapes(settings).items()}
        say(
            f"{name} names",
            f"tensor names and shapes equal the layout of the specification: {same}, {len(names)}",
        )
        model.load_state_dict(
            {key: torch.from_numpy(value) for key, value in weights.items()}, strict=False
        )
        truth = torch.from_numpy(SpecModel(settings, weights).forward(generated.IDS)[0])
        ids = torch.from_numpy(generated.IDS)
        single = logits(model, ids)
        say(f"{name} f32", f"max |dlogit| against the f64 model {gap(single, truth)}")
        out = model.generate(ids[None], max_new_tokens=16, do_sample=False, eos_token_id=None)[
            0, 12:
        ]
        if name == "T1":
            published = [int(word) for word in goldens.T1_ZERO["greedy"].split()]
            say(
                "T1 generate()",
                f"greedy 16 equal to the published ones: {out.tolist() == published}",
            )
        double = logits(model.double(), ids)
        say(
            f"{name} .double()",
            f"max |dlogit| {gap(double, truth)}, dtype {double.dtype}: residual and norms stay f32",
        )
        half = model.to(torch.bfloat16)
        rounded = {k: v.double().numpy() for k, v in half.state_dict().items()}
        truth16 = torch.from_numpy(SpecModel(settings, rounded).forward(generated.IDS)[0])
        out = logits(half, ids)
        flips = int((out.float().argmax(-1) != truth16.argmax(-1)).sum())
        say(
            f"{name} bf16",
            f"max |dlogit| {gap(out, truth16)} against f64 with the same rounded weights, "
            f"argmax flips {flips} of 12, logits {out.dtype}",
        )


def implementations():
    base, ids = variant()
    plain = logits(base, ids)
    default = ZayaForCausalLM(ZayaConfig(**COMMON)).config
    say(
        "defaults",
        f"attention {default._attn_implementation}, experts {default._experts_implementation}",
    )
    fused = logits(variant(attention="sdpa")[0], ids)
    say("attention sdpa", f"max |dlogit| against eager {gap(fused, plain)}")
    for kind in ("batched_mm", "grouped_mm"):
        with told(f"experts {kind}"):
            say(
                f"experts {kind}",
                f"max |dlogit| {gap(logits(variant(experts=kind)[0], ids), plain)}",
            )
    for kind in ("eager", "batched_mm", "grouped_mm"):
        with told(f"inf expert 0 {kind}"):
            model, _ = variant(experts=kind)
            x = torch.ones(2, 32)
            experts = model.model.layers[0].mlp.experts
            experts.gate_up_proj.data[0].fill_(1e30)
            out = experts(x, torch.tensor([[0], [1]]), torch.tensor([[0.0], [0.5]]))
            say(
                f"inf expert 0 {kind}",
                f"skip row (index 0, weight 0) is finite: {bool(out[0].isfinite().all())}",
            )
    model, _ = variant()
    router = model.model.layers[0].mlp.gate
    router.router_mlp.out_proj.weight.data.zero_()
    router.balancing_biases.zero_()
    tied = router(torch.ones(1, 3, 32))
    say(
        "ties",
        f"five equal probabilities: topk chose {tied[2].flatten().tolist()} for three tokens",
    )


@torch.no_grad()
def padding():
    tiny = BY_NAME["sliding_window"]
    model = build(tiny)
    good, batch = left_padded_run(model, tiny)
    plain, _ = left_padded_run(model, tiny, explicit_positions=False)
    for row in (0, 1):
        key = f"padded_logits_{row}"
        say(
            "positions not given",
            f"row {row}: max |dlogit| {gap(good[key], plain[key])} (pads are counted)",
        )
    ids, mask = torch.tensor(batch["input_ids"]), torch.tensor(batch["attention_mask"])
    positions = torch.tensor(batch["position_ids"])
    one = positions.masked_fill(mask == 0, 1)
    outs = [
        model(input_ids=ids, attention_mask=mask, position_ids=p, use_cache=False).logits
        for p in (positions, one)
    ]
    real = mask.bool()
    say(
        "pad position 0 or 1",
        f"real rows differ by {gap(outs[0][real], outs[1][real])}, pad rows finite: "
        f"{bool(outs[0][~real].isfinite().all())}",
    )
    prepared = model._prepare_position_ids_for_generation(
        ids, {"input_ids": ids, "attention_mask": mask}
    )
    say("generate()", f"position ids of the padded row {prepared[1].tolist()}")
    cache, rows = None, []
    for t in range(ids.shape[1]):
        out = model(
            input_ids=ids[:, t : t + 1],
            attention_mask=mask[:, : t + 1],
            use_cache=True,
            position_ids=positions[:, t : t + 1],
            past_key_values=cache,
        )
        cache = out.past_key_values
        rows.append(out.logits)
    pads = batch["pads"][1]
    say(
        "pads fed one by one",
        f"max |dlogit| {gap(torch.cat(rows, 1)[1, pads:], outs[0][1, pads:])} (no conv mask)",
    )
    for sizes in ([2, 13], [4, 11], [5, 10], [7, 8]):
        cache, start, pieces = None, 0, []
        for size in sizes:
            out = model(
                input_ids=ids[:, start : start + size],
                attention_mask=mask[:, : start + size],
                use_cache=True,
                position_ids=positions[:, start : start + size],
                past_key_values=cache,
            )
            cache, start = out.past_key_values, start + size
            pieces.append(out.logits)
        say(
            "padded, in pieces",
            f"{sizes}: max |dlogit| {gap(torch.cat(pieces, 1)[1, pads:], outs[0][1, pads:])}",
        )
    flipped = torch.flip(mask, [1])
    out = model(input_ids=ids, attention_mask=flipped, use_cache=True)
    u = torch.stack([layer.conv_states[0] for layer in out.past_key_values.layers])
    say(
        "right padding",
        f"largest |u| in the padded row's newest column {float(u[:, 1, :, -1].abs().max()):.1e}",
    )
    causal = torch.zeros(1, 1, 9, 9).masked_fill(torch.ones(9, 9).triu(1).bool(), -torch.inf)
    for label, some in (("full attention", variant()[0]), ("window of 5", model)):
        with told("4-D causal mask"):
            out = logits(some, ids[0, :9], attention_mask=causal)
            plain = logits(some, ids[0, :9])
            say(
                "4-D causal mask",
                f"{label}: accepted, max |dlogit| against no mask {gap(out, plain)}",
            )


@torch.no_grad()
def window():
    for size in (1, 2, 5):
        with told(f"window {size}"):
            model, ids = variant("sliding_window", sliding_window=size)
            config = read_settings(model)
            truth = torch.from_numpy(SpecModel(config, as_numpy(model)).forward(ids.numpy())[0])
            say(
                f"window {size}",
                f"no cache: max |dlogit| against t-W+1..t in f64 {gap(logits(model, ids), truth)}",
            )
            for sizes in ([8] + [1] * 12, [3, 2, 15], [8, 6, 6]):
                out, cache = cached_run(model, ids, sizes)
                kept = [layer.keys.shape[2] for layer in cache.layers]
                say(
                    f"window {size}",
                    f"cached {sizes}: max |dlogit| {gap(out, truth)}, keys kept per block {kept}",
                )


@torch.no_grad()
def hidden_states():
    model, ids = variant()
    out = model(
        input_ids=ids[None], output_hidden_states=True, output_router_logits=True, use_cache=False
    )
    states = out.hidden_states
    body = model.model
    scaled = (
        body.embed_tokens(ids) + body.input_hidden_states_bias
    ) * body.input_hidden_states_scale
    last = body(input_ids=ids[None]).last_hidden_state
    say("hidden_states", f"{len(states)} of them")
    say("hidden_states", f"[0] is the scaled embedding: {torch.equal(states[0][0], scaled)}")
    say("hidden_states", f"[-1] is after the final norm: {torch.equal(states[-1], last)}")
    say("router_logits", f"{len(out.router_logits)} of shape {list(out.router_logits[0].shape)}")
    half, _ = variant()
    kinds = [
        str(s.dtype)
        for s in half.bfloat16()(input_ids=ids[None], output_hidden_states=True).hidden_states
    ]
    say("hidden_states bf16", " ".join(kinds))


@torch.no_grad()
def rollback():
    """The cache's own rollback of tokens, as speculative decoding needs it."""
    model, ids = variant()
    plain = logits(model, ids)
    cache = model(input_ids=ids[None, :6], use_cache=True).past_key_values
    kept = copy.deepcopy(cache)
    rest = model(input_ids=ids[None, 6:], past_key_values=kept, use_cache=True).logits[0]
    say("rollback", f"to a copy of the cache: max |dlogit| {gap(rest, plain[6:])}")
    say("rollback", f"is_croppable: {cache.layers[0].is_croppable}")
    cache.activate_past_recording()
    model(input_ids=ids[None, 6:7], past_key_values=cache, use_cache=True)
    cache.crop(-1)
    rest = model(input_ids=ids[None, 6:], past_key_values=cache, use_cache=True).logits[0]
    say("rollback", f"one token by crop(-1), no error raised: max |dlogit| {gap(rest, plain[6:])}")


@torch.no_grad()
def zero_heads():
    model, ids = variant()
    proj = model.model.layers[0].self_attn.qkv_proj
    for tensor in (
        proj.q_proj.weight,
        proj.k_proj.weight,
        proj.conv_qk_depthwise.bias,
        proj.conv_qk_grouped.bias,
    ):
        tensor.zero_()
    q, k, _ = proj(torch.ones(1, 2, 32), None)
    q, k = model.model.layers[0].self_attn.qk_norm(q, k)
    say("all-zero head", f"Q and K are {float(q.abs().max())} and {float(k.abs().max())} (no NaN)")
    norm = model.model.layers[0].self_attn.qk_norm
    for length in (1e-3, 1e-6, 1e-7, 1e-8):
        x = torch.zeros(1, 1, 4, 8)
        x[..., 0] = length
        ours = length * math.sqrt(8) / math.sqrt(length**2 + 1e-12)
        say(
            "tiny head",
            f"norm {length:g}: transformers {float(norm(x, x[:, :, :2])[0][0, 0, 0, 0]):.6f}, "
            f"sqrt(n^2 + 1e-12) gives {ours:.6f}",
        )


if __name__ == "__main__":
    ask(generated_models, implementations, padding, window, hidden_states, rollback, zero_heads)
