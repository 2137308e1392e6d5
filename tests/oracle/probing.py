"""Shared by the two probes: runs a question on transformers and prints the result."""

import contextlib
import json
import math
import tempfile
from pathlib import Path

import torch
from transformers import ZayaConfig, ZayaForCausalLM

from models import COMMON, MODELS, prompt, randomise

BY_NAME = {tiny.name: tiny for tiny in MODELS}


def say(topic, text):
    print(f"{topic:<24} {text}")


def gap(a, b):
    difference = (a.double() - b.double()).abs().max() if a.shape == b.shape else math.inf
    return f"{float(difference):.2e}"


def variant(name="full_attention", attention="eager", experts="eager", **changes):
    """A tiny model with some configuration keys changed, its weights drawn again by name."""
    tiny = BY_NAME[name]
    config = ZayaConfig(**{**COMMON, **tiny.config, **changes})
    config._attn_implementation, config._experts_implementation = attention, experts
    model = ZayaForCausalLM(config).float().eval()
    randomise(model, tiny)
    return model, prompt(tiny, config.vocab_size, tiny.tokens)


@torch.no_grad()
def logits(model, ids, **more):
    return model(input_ids=ids[None], use_cache=False, **more).logits[0]


@contextlib.contextmanager
def told(topic):
    """Prints an exception as the result."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - any exception of transformers is the result
        say(topic, f"{type(error).__name__}: {str(error).strip().splitlines()[-1][:150]}")


def read_settings(model):
    with tempfile.TemporaryDirectory() as folder:
        model.config.save_pretrained(folder)
        return json.loads((Path(folder) / "config.json").read_text())


def as_numpy(model):
    return {name: tensor.double().numpy() for name, tensor in model.state_dict().items()}


def ask(*parts):
    """Runs every part; a failure is reported and does not stop the others."""
    torch.set_num_threads(1)
    for part in parts:
        print(f"-- {part.__name__}")
        with told(part.__name__):
            part()
