"""Reads a checkpoint folder with nothing but numpy and json.

config.json beside one safetensors file, or beside several and their index.
"""

import json
from pathlib import Path

import numpy as np

STORED = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}


def read_safetensors(path):
    """Every tensor of one file: floating point widened to f64, integers as they are."""
    data = Path(path).read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:start]).items():
        if name == "__metadata__":
            continue
        begin, end = entry["data_offsets"]
        raw = data[start + begin : start + end]
        if entry["dtype"] == "BF16":
            flat = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
        else:
            flat = np.frombuffer(raw, STORED[entry["dtype"]])
        if flat.dtype.kind == "f":
            flat = flat.astype(np.float64)
        tensors[name] = flat.reshape(entry["shape"])
    return tensors


def read_checkpoint(folder):
    """(config, weights) of a folder, whether its weights lie in one file or in several."""
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    index = folder / "model.safetensors.index.json"
    files = ["model.safetensors"]
    if index.exists():
        files = sorted(set(json.loads(index.read_text())["weight_map"].values()))
    weights = {}
    for file in files:
        weights |= read_safetensors(folder / file)
    return config, weights
