"""Probes which files transformers writes and reads, and which options it has.

Each line printed was measured; docs/oracle-differences.md writes the answers up. Makes no data.
"""

import json
import shutil
import tempfile
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from transformers import ZayaConfig, ZayaForCausalLM

import generated
from checkpoint import read_checkpoint
from models import COMMON, MODELS, rope
from probing import ask, gap, logits, say, told, variant
from runs import cached_run


@torch.no_grad()
def options():
    model, ids = variant(attention_bias=True, lm_head_bias=True)
    extra = sorted(set(model.state_dict()) - set(variant()[0].state_dict()))
    extra = [name for name in extra if "layers.1." not in name and "layers.2." not in name]
    say("biases", f"further tensors (block 0 only) {extra}")
    value = model.model.layers[0].self_attn.qkv_proj
    out = value(torch.zeros(1, 2, 32), None)[2].reshape(2, -1)[:, 8:]
    bias = value.v_proj_delayed.bias
    say("biases", f"delayed value at t=0 equals the bias, not 0: {bool(torch.equal(out[0], bias))}")
    pad = torch.cat([torch.zeros(3).long(), ids])
    mask = (torch.arange(len(pad)) >= 3).long()
    positions = (mask.cumsum(0) - 1).clamp_min(0)
    for label, some in (("attention_bias true", model), ("attention_bias false", variant()[0])):
        padded = logits(some, pad, attention_mask=mask[None], position_ids=positions[None])[3:]
        say(label, f"3 left pads against none: max |dlogit| {gap(padded, logits(some, ids))}")
    for times in ((3, 2), (2, 3), (1, 1), (3, 4)):
        with told(f"cca_time {times}"):
            model, _ = variant(cca_time0=times[0], cca_time1=times[1])
            proj = model.model.layers[0].self_attn.qkv_proj
            out, cache = cached_run(model, ids, [6, 2] + [1] * 8)
            say(
                f"cca_time {times}",
                f"weights {list(proj.conv_qk_depthwise.weight.shape)} "
                f"{list(proj.conv_qk_grouped.weight.shape)}, "
                f"state {list(cache.layers[0].conv_states[0].shape)}, "
                f"cached against plain {gap(out, logits(model, ids))}",
            )
    for width, kv in ((6, 2), (10, 2), (2, 2), (7, 1), (7, 2)):
        with told(f"head_dim {width} kv {kv}"):
            model, _ = variant(head_dim=width, num_key_value_heads=kv)
            cos, _ = model.model.rotary_emb(torch.zeros(1, 1, 1), torch.ones(1, 1), "hybrid")
            freq = model.model.rotary_emb.hybrid_inv_freq
            out = logits(model, ids)
            say(
                f"head_dim {width} kv {kv}",
                f"int(d/2) = {width // 2}, rotated dims {cos.shape[-1]}, "
                f"inv_freq {[f'{x:.3g}' for x in freq.tolist()]}, "
                f"finite {bool(out.isfinite().all())}",
            )
    for act in ("gelu", "relu"):
        with told(f"hidden_act {act}"):
            other, silu = (logits(variant(hidden_act=kind)[0], ids) for kind in (act, "silu"))
            say(f"hidden_act {act}", f"max |dlogit| against silu {gap(other, silu)}")


def configuration():
    defaults = ZayaConfig()
    names = (
        "head_dim",
        "num_key_value_heads",
        "tie_word_embeddings",
        "rms_norm_eps",
        "pad_token_id",
    )
    say("defaults", " ".join(f"{name}={getattr(defaults, name)}" for name in names))
    cases = {
        "rope flat": {
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e6,
                "partial_rotary_factor": 0.5,
            }
        },
        "rope no factor": {
            "rope_parameters": {"hybrid": {"rope_type": "default", "rope_theta": 1e6}}
        },
        "rope no type": {
            "rope_parameters": {"hybrid": {"rope_theta": 1e6, "partial_rotary_factor": 0.5}}
        },
        "rope no theta": {
            "rope_parameters": {"hybrid": {"rope_type": "default", "partial_rotary_factor": 0.5}}
        },
        "rope nested + type": {"rope_parameters": {**rope(1e6, 1e4, 0.5), "rope_type": "default"}},
        "rope linear": {
            "rope_parameters": {
                "hybrid": {
                    "rope_type": "linear",
                    "factor": 4.0,
                    "rope_theta": 1e6,
                    "partial_rotary_factor": 0.5,
                }
            }
        },
        "rope yarn": {
            "rope_parameters": {
                "hybrid": {
                    "rope_type": "yarn",
                    "factor": 4.0,
                    "rope_theta": 1e6,
                    "partial_rotary_factor": 0.5,
                }
            }
        },
        "legacy rope_theta": {"rope_parameters": None, "rope_theta": 1e6},
        "legacy factor": {"rope_parameters": None, "partial_rotary_factor": 1.0},
        "top-k 2": {"num_experts_per_tok": 2},
        "q % kv": {"num_attention_heads": 5},
        "window missing": {"layer_types": ["hybrid_sliding"] * 3},
        "window, no sliding": {"sliding_window": 4},
        "layer_types short": {"layer_types": ["hybrid"]},
        "layer_types unknown": {"layer_types": ["full_attention"] * 3},
        "string size": {"hidden_size": "32"},
        "float size": {"hidden_size": 32.0},
        "eos list": {"eos_token_id": [1, 106]},
        "unknown key": {"zaya_use_mod": True},
    }
    for topic, change in cases.items():
        with told(topic):
            config = ZayaConfig(**{**COMMON, **change})
            model = ZayaForCausalLM(config).eval()
            rotary = model.model.rotary_emb
            cos, _ = rotary(torch.zeros(1, 1, 1), torch.ones(1, 1), config.layer_types[0])
            logits(model, torch.tensor([2, 5, 7]))
            freq = getattr(rotary, f"{config.layer_types[0]}_inv_freq")
            say(
                topic,
                f"accepted; rotated dims {cos.shape[-1]}, inv_freq[1] {float(freq[1]):.6g}, "
                f"cos(1)[0] {float(cos[0, 0, 0]):.6g}",
            )


@torch.no_grad()
def stated_twice():
    """Which of two conflicting statements of a checkpoint does transformers use?"""
    source = Path(__file__).parent / "data" / "sliding_window"
    expected = load_file(source / "expected.safetensors")["logits"]
    ids = torch.tensor(json.loads((source / "expected.json").read_text())["input_ids"])
    weights = load_file(source / "model.safetensors")

    def load(folder):
        config = ZayaConfig.from_pretrained(folder)
        config._attn_implementation, config._experts_implementation = "eager", "eager"
        model = ZayaForCausalLM.from_pretrained(folder, config=config, dtype=torch.float32).eval()
        # Loading sets the skip expert's balancing bias to -1 (docs/oracle-differences.md, row 25).
        for name, buffer in model.named_buffers():
            if name.endswith("balancing_biases"):
                buffer.copy_(weights[name])
        return model

    outer_keys = {
        "rope outer theta": {"rope_theta": 777.0},
        "rope outer factor": {"partial_rotary_factor": 1.0},
        "rope outer yarn": {"rope_type": "yarn", "factor": 4.0},
        "rope all outer": {"rope_theta": 777.0, "partial_rotary_factor": 1.0, "rope_type": "yarn"},
    }
    for topic, keys in outer_keys.items():
        with told(topic), tempfile.TemporaryDirectory() as temporary:
            folder = Path(shutil.copytree(source, Path(temporary) / "c"))
            config = json.loads((folder / "config.json").read_text())
            config["rope_parameters"].update(keys)
            (folder / "config.json").write_text(json.dumps(config))
            got = logits(load(folder), ids)
            say(topic, f"max |dlogit| against the file without it {gap(got, expected)}")

    topic = "rope_scaling beside"
    with told(topic), tempfile.TemporaryDirectory() as temporary:
        folder = Path(shutil.copytree(source, Path(temporary) / "c"))
        config = json.loads((folder / "config.json").read_text())
        config["rope_scaling"] = rope(1e4, 1e4, 0.5)
        (folder / "config.json").write_text(json.dumps(config))
        got = logits(load(folder), ids)
        say(topic, f"max |dlogit| against the file without it {gap(got, expected)}")

    embedding = weights["model.embed_tokens.weight"]
    other = embedding.flip(0).contiguous()
    for topic, head in (("tied, equal head", embedding.clone()), ("tied, other head", other)):
        with told(topic), tempfile.TemporaryDirectory() as temporary:
            folder = Path(shutil.copytree(source, Path(temporary) / "c"))
            file = folder / "model.safetensors"
            save_file({**weights, "lm_head.weight": head}, file, {"format": "pt"})
            model = load(folder)
            got = logits(model, ids)
            # Reversed rows of the head give reversed logits of a token.
            stored = expected.flip(-1) if head is other else expected
            say(
                topic,
                f"max |dlogit| against the embedding as head {gap(got, expected)}, "
                f"against the stored head {gap(got, stored)}, "
                f"one tensor {model.lm_head.weight is model.model.embed_tokens.weight}",
            )


def loaded_types(model):
    kinds = {}
    for name, tensor in model.state_dict().items():
        kinds.setdefault(name.endswith("balancing_biases"), set()).add(str(tensor.dtype))
    return f"balancing_biases {sorted(kinds[True])}, others {sorted(kinds[False])}"


def storage():
    with tempfile.TemporaryDirectory() as temporary:
        for tiny in MODELS:
            folder = Path(__file__).parent / "data" / tiny.name
            config, weights = read_checkpoint(folder)
            types, metadata = set(), set()
            for file in sorted(folder.glob("model*.safetensors")):
                with safe_open(file, "pt") as opened:
                    metadata.add(json.dumps(opened.metadata()))
                    types |= {
                        (k.endswith("balancing_biases"), opened.get_slice(k).get_dtype())
                        for k in opened.keys()
                    }
            biases = sorted(t for special, t in types if special)
            others = sorted(t for special, t in types if not special)
            expected = set(generated.shapes(config))
            if not config["tie_word_embeddings"]:
                expected.add("lm_head.weight")
            say(
                f"file {tiny.name}",
                f"dtype key {config['dtype']}, tensors {len(weights)} {others}, biases {biases}, "
                f"names as specified {set(weights) == expected}, metadata {sorted(metadata)}",
            )
        folder = Path(__file__).parent / "data" / "full_attention"
        model = ZayaForCausalLM.from_pretrained(folder, dtype=torch.bfloat16)
        say("f32 loaded as bf16", loaded_types(model))
        from_half = Path(__file__).parent / "data" / "bf16_weights"
        say("bf16 file, dtype auto", loaded_types(ZayaForCausalLM.from_pretrained(from_half)))
        wide = ZayaForCausalLM.from_pretrained(from_half, dtype=torch.float32)
        say("bf16 file as f32", loaded_types(wide))
        model.save_pretrained(temporary)
        with safe_open(Path(temporary) / "model.safetensors", "pt") as opened:
            name = "model.layers.0.mlp.gate.balancing_biases"
            say("saved again", f"balancing_biases {opened.get_slice(name).get_dtype()}")
        cache = model(input_ids=torch.tensor([[2, 5, 7]]), use_cache=True).past_key_values
        layer = cache.layers[0]
        say(
            "bf16 cache",
            f"conv {layer.conv_states[0].dtype}, lag {layer.recurrent_states[0].dtype}, "
            f"K {layer.keys.dtype}",
        )
    config, _ = read_checkpoint(Path(__file__).parent / "data" / "sliding_window")
    say("config keys", " ".join(sorted(config)))


if __name__ == "__main__":
    ask(options, configuration, stated_twice, storage)
