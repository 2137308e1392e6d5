"""The generated models T0 and T1: their configurations and their weight generator.

A value depends on the tensor's name and the element's index alone: any language can make the same.
"""

import numpy as np

IDS = np.array([2, 39, 76, 113, 150, 113, 224, 261, 298, 335, 372, 409])
BASE = {
    "vocab_size": 512,
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "moe_intermediate_size": 64,
    "num_experts": 4,
    "router_hidden_size": 16,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": True,
    "rope_parameters": {
        "hybrid": {"rope_type": "default", "rope_theta": 5e6, "partial_rotary_factor": 0.5},
        "hybrid_sliding": {"rope_type": "default", "rope_theta": 1e4, "partial_rotary_factor": 0.5},
    },
}
T0 = {**BASE, "num_hidden_layers": 2}
T1 = {
    **BASE,
    "num_hidden_layers": 4,
    "layer_types": ["hybrid_sliding", "hybrid"] * 2,
    "sliding_window": 5,
}


def fnv1a(name):
    h = 0xCBF29CE484222325
    for byte in name.encode():
        h = (h ^ byte) * 0x100000001B3 % 2**64
    return h


def law(name):
    """(scale, offset) of a tensor's values."""
    leaf = name.rsplit(".", 1)[-1]
    if "conv_qk_depthwise" in name:
        return (0.25, 0) if leaf == "bias" else (1, 0)
    if "conv_qk_grouped" in name:
        return 0.25, 0
    if leaf in ("temp", "router_states_scale"):
        return 0.5, 1
    if leaf == "balancing_biases":
        return 0.25, 0
    if leaf.endswith("_scale") or "norm" in name:
        return 0.25, 1
    if leaf.endswith("_bias"):
        return 0.0625, 0
    if ".fc1." in name or ".fc2." in name:
        return (0.25, 0) if leaf == "bias" else (0.5, 0)
    if "embed_tokens" in name or "out_proj" in name:
        return 1, 0
    return 0.25, 0


def tensor(name, shape):
    scale, offset = law(name)
    with np.errstate(over="ignore"):
        counter = np.arange(1, np.prod(shape) + 1, dtype=np.uint64)
        x = np.uint64(fnv1a(name)) + counter * np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x ^= x >> np.uint64(31)
    m = (x >> np.uint64(40)).astype(np.float64)
    return (offset + scale * (m - 2.0**23) / 2.0**23).astype(np.float32).reshape(shape)


def shapes(config):
    """Name and shape of every stored tensor of a model with tied embeddings."""
    c = config
    hidden, d, r = c["hidden_size"], c["head_dim"], c["router_hidden_size"]
    q, k = c["num_attention_heads"] * d, c["num_key_value_heads"] * d
    experts, inner = c["num_experts"], c["moe_intermediate_size"]
    block = {
        "input_layernorm.weight": (hidden,),
        "post_attention_layernorm.weight": (hidden,),
        "self_attn.qkv_proj.q_proj.weight": (q, hidden),
        "self_attn.qkv_proj.k_proj.weight": (k, hidden),
        "self_attn.qkv_proj.v_proj_current.weight": (k // 2, hidden),
        "self_attn.qkv_proj.v_proj_delayed.weight": (k // 2, hidden),
        "self_attn.qkv_proj.conv_qk_depthwise.weight": (q + k, 1, 2),
        "self_attn.qkv_proj.conv_qk_depthwise.bias": (q + k,),
        "self_attn.qkv_proj.conv_qk_grouped.weight": (q + k, d, 2),
        "self_attn.qkv_proj.conv_qk_grouped.bias": (q + k,),
        "self_attn.qk_norm.temp": (c["num_key_value_heads"],),
        "self_attn.o_proj.weight": (hidden, q),
        "mlp.gate.down_proj.weight": (r, hidden),
        "mlp.gate.down_proj.bias": (r,),
        "mlp.gate.router_states_scale": (r,),
        "mlp.gate.router_mlp.norm.weight": (r,),
        "mlp.gate.router_mlp.fc1.weight": (r, r),
        "mlp.gate.router_mlp.fc1.bias": (r,),
        "mlp.gate.router_mlp.fc2.weight": (r, r),
        "mlp.gate.router_mlp.fc2.bias": (r,),
        "mlp.gate.router_mlp.out_proj.weight": (experts + 1, r),
        "mlp.gate.balancing_biases": (experts + 1,),
        "mlp.experts.gate_up_proj": (experts, 2 * inner, hidden),
        "mlp.experts.down_proj": (experts, hidden, inner),
    }
    for place in ("post_attention_residual_scale", "post_mlp_residual_scale"):
        for leaf in (
            "hidden_states_scale",
            "hidden_states_bias",
            "residual_scale",
            "residual_bias",
        ):
            block[f"{place}.{leaf}"] = (hidden,)
    every = {"model.embed_tokens.weight": (c["vocab_size"], hidden)}
    for name in ("norm.weight", "input_hidden_states_scale", "input_hidden_states_bias"):
        every[f"model.{name}"] = (hidden,)
    for i in range(c["num_hidden_layers"]):
        for name, shape in block.items():
            if i > 0 or "router_states_scale" not in name:
                every[f"model.layers.{i}.{name}"] = shape
    return every


def weights(config):
    return {name: tensor(name, shape).astype(np.float64) for name, shape in shapes(config).items()}
