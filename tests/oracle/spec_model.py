"""The model as this project defines it, in numpy and float64: a second reference.

Written from the project's model specification, one formula per line, with no line of it taken from
transformers or from the C++ reference. Symbols: S new tokens, H hidden, q query and kv key/value
heads of width d, C = (q + kv) d, R router width, E real experts (index E is skip), V vocabulary.
"""

import math
from dataclasses import dataclass, field

import numpy as np

ERF = np.vectorize(math.erf, otypes=[np.float64])


@dataclass
class BlockState:
    """The state of one block for one sequence."""

    u: np.ndarray  # [2,C] the last two raw q/k rows, older first
    lag: np.ndarray  # [kv*d/2] delayed value projection of the last token
    keys: list = field(default_factory=list)  # [kv,d] each, after RoPE
    values: list = field(default_factory=list)


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def gelu(x):
    return 0.5 * x * (1 + ERF(x / math.sqrt(2)))


def silu(x):
    return x / (1 + np.exp(-x))


class SpecModel:
    def __init__(self, config, weights, skip="zero"):
        self.weights, self.skip = weights, skip
        self.layers = config["num_hidden_layers"]
        self.q, self.kv = config["num_attention_heads"], config["num_key_value_heads"]
        self.d, self.experts = config["head_dim"], config["num_experts"]
        self.eps = config["rms_norm_eps"]
        self.kinds = config.get("layer_types") or ["hybrid"] * self.layers
        self.window = config.get("sliding_window")
        self.rope = config["rope_parameters"]
        self.embedding = weights["model.embed_tokens.weight"]
        self.head = self.embedding if config["tie_word_embeddings"] else weights["lm_head.weight"]

    def of(self, block, name):
        return self.weights[f"model.layers.{block}.{name}"]

    def fresh_state(self):
        width = (self.q + self.kv) * self.d
        lag = self.kv * self.d // 2
        return [BlockState(np.zeros((2, width)), np.zeros(lag)) for _ in range(self.layers)]

    def norm(self, x, weight):
        return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + self.eps) * weight

    def forward(self, ids, state=None):
        """Logits of the new tokens, which continue the state, and a trace of intermediate values."""
        state = state if state is not None else self.fresh_state()
        w = self.weights
        e = self.embedding[ids]
        r = (e + w["model.input_hidden_states_bias"]) * w["model.input_hidden_states_scale"]
        blockwise = ("residual", "attention_output", "moe_input", "moe_output", "router_state")
        trace = {name: [] for name in (*blockwise, "query", "key", "value")}
        trace |= {"residual": [r], "router_probabilities": [], "router_choice": []}
        s = None
        for block in range(self.layers):
            h = self.norm(r, self.of(block, "input_layernorm.weight"))
            a = self.attention(block, h, state[block], trace)
            r = self.merge(block, "post_attention_residual_scale", a, r)
            h2 = self.norm(r, self.of(block, "post_attention_layernorm.weight"))
            m, s = self.mixture(block, h2, s, trace)
            r = self.merge(block, "post_mlp_residual_scale", m, r)
            for name, value in zip(blockwise, (r, a, h2, m, s)):
                trace[name].append(value)
        x = self.norm(r, w["model.norm.weight"])
        trace["final_norm"] = x
        return x @ self.head.T, {name: np.array(value) for name, value in trace.items()}

    def merge(self, block, place, new, old):
        """Bias first, then scale, on both sides."""
        hs, hb, rs, rb = (
            self.of(block, f"{place}.{leaf}")
            for leaf in (
                "hidden_states_scale",
                "hidden_states_bias",
                "residual_scale",
                "residual_bias",
            )
        )
        return (new + hb) * hs + (old + rb) * rs

    def attention(self, block, h, state, trace):
        tokens, group = len(h), self.q // self.kv
        first = len(state.keys)
        qkv = "self_attn.qkv_proj."
        q_raw = h @ self.of(block, qkv + "q_proj.weight").T
        k_raw = h @ self.of(block, qkv + "k_proj.weight").T
        q_heads = q_raw.reshape(tokens, self.q, self.d)
        k_heads = k_raw.reshape(tokens, self.kv, self.d)

        query_mean = np.empty_like(q_heads)
        for n in range(self.q):
            query_mean[:, n] = (q_heads[:, n] + k_heads[:, n // group]) / 2
        key_mean = np.empty_like(k_heads)
        for j in range(self.kv):
            key_mean[:, j] = query_mean[:, j * group : (j + 1) * group].mean(axis=1)

        mixed = self.convolve(block, np.concatenate([q_raw, k_raw], axis=1), state)
        query = mixed[:, : self.q] + query_mean
        key = mixed[:, self.q :] + key_mean
        temp = self.of(block, "self_attn.qk_norm.temp")
        query = query * math.sqrt(self.d) / np.linalg.norm(query, axis=-1, keepdims=True)
        key = key * math.sqrt(self.d) / np.linalg.norm(key, axis=-1, keepdims=True) * temp[:, None]
        positions = np.arange(first, first + tokens)
        query, key = self.rotate(block, query, positions), self.rotate(block, key, positions)
        value = self.values(block, h, state)
        for name, rows in (("query", query), ("key", key), ("value", value)):
            trace[name].append(rows)

        state.keys.extend(key)
        state.values.extend(value)
        out = np.empty((tokens, self.q, self.d))
        for t in range(tokens):
            last = first + t
            begin = max(0, last - self.window + 1) if self.kinds[block] == "hybrid_sliding" else 0
            for n in range(self.q):
                keys = np.array([row[n // group] for row in state.keys[begin : last + 1]])
                values = np.array([row[n // group] for row in state.values[begin : last + 1]])
                out[t, n] = softmax(keys @ query[t, n] / math.sqrt(self.d)) @ values
        return out.reshape(tokens, -1) @ self.of(block, "self_attn.o_proj.weight").T

    def convolve(self, block, u, state):
        """Depthwise, then grouped, two taps each. History enters once, before the depthwise one."""
        conv = "self_attn.qkv_proj.conv_qk_"
        w = self.of(block, conv + "depthwise.weight")[:, 0]
        b = self.of(block, conv + "depthwise.bias")
        gamma = self.of(block, conv + "grouped.weight")
        beta = self.of(block, conv + "grouped.bias")
        history = np.concatenate([state.u, u])
        depthwise = w[:, 0] * history[:-1] + w[:, 1] * history[1:] + b  # row t+1 belongs to token t
        heads = self.q + self.kv
        rows = depthwise.reshape(-1, heads, self.d)
        taps = gamma.reshape(heads, self.d, self.d, 2)
        mixed = np.einsum("goj,tgj->tgo", taps[..., 0], rows[:-1])
        mixed += np.einsum("goj,tgj->tgo", taps[..., 1], rows[1:])
        state.u = history[-2:].copy()
        return mixed + beta.reshape(heads, self.d)

    def values(self, block, h, state):
        """The flat row is [current token's half | previous token's half], then cut into heads."""
        qkv = "self_attn.qkv_proj."
        current = h @ self.of(block, qkv + "v_proj_current.weight").T
        delayed = h @ self.of(block, qkv + "v_proj_delayed.weight").T
        shifted = np.concatenate([state.lag[None], delayed[:-1]])
        state.lag = delayed[-1]
        return np.concatenate([current, shifted], axis=1).reshape(len(h), self.kv, self.d)

    def rotate(self, block, rows, positions):
        rule = self.rope[self.kinds[block]]
        rotary = int(self.d * rule["partial_rotary_factor"])
        half = rotary // 2
        angle = positions[:, None] * rule["rope_theta"] ** (-2.0 * np.arange(half) / rotary)
        cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
        low, high = rows[..., :half], rows[..., half:rotary]
        rotated = [low * cos - high * sin, high * cos + low * sin]
        return np.concatenate([*rotated, rows[..., rotary:]], axis=-1)

    def mixture(self, block, h2, previous, trace):
        gate = "mlp.gate."
        s = h2 @ self.of(block, gate + "down_proj.weight").T + self.of(
            block, gate + "down_proj.bias"
        )
        if block != 0:
            s = s + self.of(block, gate + "router_states_scale") * previous
        z = self.norm(s, self.of(block, gate + "router_mlp.norm.weight"))
        for layer in ("fc1", "fc2"):
            name = f"{gate}router_mlp.{layer}."
            z = gelu(z @ self.of(block, name + "weight").T + self.of(block, name + "bias"))
        p = softmax(z @ self.of(block, gate + "router_mlp.out_proj.weight").T)
        score = p + self.of(block, gate + "balancing_biases")
        choice = (score[:, : self.experts] if self.skip == "drop" else score).argmax(axis=-1)
        trace["router_probabilities"].append(p)
        trace["router_choice"].append(choice)

        m = np.zeros_like(h2)
        for t, e in enumerate(choice):
            if e == self.experts:
                m[t] = p[t, e] * h2[t] if self.skip == "identity" else 0.0
                continue
            gate_row, up_row = np.split(self.of(block, "mlp.experts.gate_up_proj")[e] @ h2[t], 2)
            m[t] = p[t, e] * (
                self.of(block, "mlp.experts.down_proj")[e] @ (silu(gate_row) * up_row)
            )
        return m, s
