"""The tiny models whose outputs are committed: their shapes, and their seeded weights.

Each model differs from the others in something that a reader or a forward pass can get wrong. Every
parameter of every model is randomised: as created, the class has temp = 0 (so K = 0 and every query/key
bug is hidden), a skip bias of -1 (so skip never occurs) and residual scaling that does nothing.
"""

import hashlib
import math
from dataclasses import dataclass

import torch
from transformers import ZayaConfig, ZayaForCausalLM


def rope(full_theta, sliding_theta, fraction):
    """The nested rope_parameters layout: one entry per layer type."""
    common = {"rope_type": "default", "partial_rotary_factor": fraction}
    return {
        "hybrid": {**common, "rope_theta": full_theta},
        "hybrid_sliding": {**common, "rope_theta": sliding_theta},
    }


@dataclass(frozen=True)
class TinyModel:
    name: str
    why: str
    seed: int
    config: dict
    storage: torch.dtype = torch.float32
    shard_size: str = "50GB"
    tokens: int = 16
    prefill: int = 6
    chunks: tuple = (3, 2)
    padded: tuple = (9, 5)


COMMON = {
    "vocab_size": 128,
    "hidden_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "moe_intermediate_size": 24,
    "num_experts": 4,
    "router_hidden_size": 16,
    "max_position_embeddings": 64,
    "rope_parameters": rope(5e6, 1e4, 0.5),
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 1,
}

MODELS = [
    TinyModel("full_attention", "every block attends to the whole past; the plain case", 101, {}),
    TinyModel(
        "sliding_window",
        "alternating hybrid_sliding / hybrid, window of 5 keys, shorter than every run",
        202,
        {
            "num_hidden_layers": 4,
            "layer_types": ["hybrid_sliding", "hybrid", "hybrid_sliding", "hybrid"],
            "sliding_window": 5,
        },
        tokens=20,
        prefill=8,
        padded=(12, 7),
    ),
    TinyModel(
        "six_heads_seven_experts",
        "q=6, kv=2, E=7: group of three, vocabulary of 300, another theta and rms_norm_eps",
        303,
        {
            "vocab_size": 300,
            "num_attention_heads": 6,
            "num_experts": 7,
            "router_hidden_size": 24,
            "rope_parameters": rope(1e6, 1e4, 0.5),
            "rms_norm_eps": 1e-3,
        },
    ),
    TinyModel(
        "single_kv_head",
        "q=4, kv=1: the value delay cuts through the only KV head; a quarter of it is rotated",
        404,
        {
            "num_key_value_heads": 1,
            "head_dim": 16,
            "num_experts": 3,
            "rope_parameters": rope(2e4, 1e4, 0.25),
        },
    ),
    TinyModel(
        "odd_sizes",
        "H=36, I=44, R=13, V=131, d=12, kv=3: no power of two; values cut inside KV head 1",
        505,
        {
            "vocab_size": 131,
            "hidden_size": 36,
            "num_attention_heads": 6,
            "num_key_value_heads": 3,
            "head_dim": 12,
            "moe_intermediate_size": 44,
            "num_experts": 5,
            "router_hidden_size": 13,
        },
        tokens=13,
        prefill=5,
        padded=(7, 4),
    ),
    TinyModel(
        "untied_sharded",
        "its own lm_head, saved in several files with an index; window wider than the prefill",
        606,
        {
            "tie_word_embeddings": False,
            "num_hidden_layers": 2,
            "layer_types": ["hybrid", "hybrid_sliding"],
            "sliding_window": 9,
        },
        shard_size="40KB",
        tokens=14,
        prefill=7,
        padded=(8, 6),
    ),
    TinyModel(
        "bf16_weights",
        "weights stored as bf16; the outputs are of the same weights, computed in f32",
        707,
        {"num_hidden_layers": 2},
        storage=torch.bfloat16,
        tokens=12,
        prefill=4,
        padded=(6, 3),
    ),
]


SKIP_LEAN = (
    0.15  # added to the skip entry of the balancing biases, so that every model skips some tokens
)


def spread(name, shape):
    """(centre, half width) of a uniform law that keeps activations of order one."""
    leaf = name.rsplit(".", 1)[-1]
    if name.endswith("balancing_biases"):
        return 0.0, 0.25
    if leaf == "temp":
        return 1.2, 0.6
    if leaf.endswith("scale") or "norm" in name:
        return 1.0, 0.4
    if leaf.endswith("bias"):
        return 0.0, 0.3
    if "embed_tokens" in name:
        return 0.0, 0.75
    fan_in = math.prod(shape[1:]) if "conv" in name else shape[-1]
    gain = 4.0 if "out_proj" in name or "lm_head" in name else 2.5
    return 0.0, gain / math.sqrt(fan_in)


def randomise(model, tiny):
    """Fill every parameter and stored buffer; the seed and a tensor's name decide its values."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name == "lm_head.weight" and model.config.tie_word_embeddings:
                continue
            digest = hashlib.sha256(f"{tiny.seed}:{name}".encode()).digest()
            generator = torch.Generator().manual_seed(int.from_bytes(digest[:6], "big"))
            centre, width = spread(name, tensor.shape)
            unit = torch.rand(tensor.shape, generator=generator, dtype=torch.float64)
            values = (unit * 2 - 1) * width + centre
            if name.endswith("balancing_biases"):
                values[-1] += SKIP_LEAN
            if tiny.storage is torch.bfloat16:
                values = values.to(torch.bfloat16)
            tensor.copy_(values.to(tensor.dtype))


def build(tiny):
    config = ZayaConfig(**{**COMMON, **tiny.config})
    config._attn_implementation = "eager"
    config._experts_implementation = "eager"
    model = ZayaForCausalLM(config).to(torch.float32).eval()
    randomise(model, tiny)
    return model


def save(model, tiny, folder):
    """Write the checkpoint as a user would, in its storage type."""
    stored = model
    if tiny.storage is not torch.float32:
        stored = build(tiny).to(tiny.storage)
    stored.save_pretrained(folder, max_shard_size=tiny.shard_size)


def prompt(tiny, vocabulary, tokens):
    """Token ids from 3 upwards (0, 1, 2 are pad, eos, bos), starting with bos."""
    generator = torch.Generator().manual_seed(tiny.seed)
    ids = torch.randint(3, vocabulary, (tokens,), generator=generator)
    ids[0] = 2
    return ids
