"""Runs the ZAYA modules of transformers on conformance vectors, and has kernelgate judge the outputs.

    tests/oracle/vectors_with_transformers.py --kernelgate build/kernelgate [--checkpoint DIR] [--make-venv]

For each checkpoint (default: all of tests/oracle/data) it writes vectors of the whole model, feeds every
module of every layer its inputs, and judges the outputs: they must pass. Then each seeded bug in turn
must be detected, by the vectors of the module that has it. Needs torch and transformers >= 5.17;
--make-venv makes an environment in build/oracle-venv from PyPI and runs there.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PROMPT = [2, 39, 76, 113, 5, 20, 61, 98, 17, 44, 3, 90]


def make_environment():
    """Creates the environment of regenerate.sh if it is missing, and runs this script in it."""
    folder = ROOT / "build" / "oracle-venv"
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        subprocess.run([python, "-m", "pip", "-q", "install", "-r", HERE / "requirements.txt"], check=True)
    arguments = [a for a in sys.argv[1:] if a != "--make-venv"]
    os.execv(python, [str(python), str(pathlib.Path(__file__).resolve()), *arguments])


def load(checkpoint):
    import torch
    from safetensors.torch import load_file
    from transformers import ZayaForCausalLM

    model = ZayaForCausalLM.from_pretrained(
        checkpoint, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    # transformers 5.23 sets the skip expert's bias to -1 after loading the checkpoint's value.
    for file in pathlib.Path(checkpoint).glob("model*.safetensors"):
        for name, value in load_file(file).items():
            if name.endswith("balancing_biases"):
                model.get_buffer(name).copy_(value)
    return model


def mask_for(model, tokens, layer_type):
    """Which keys a query sees: all before it, or those of its window."""
    import torch

    rows, columns = torch.arange(tokens)[:, None], torch.arange(tokens)[None, :]
    seen = columns <= rows
    if layer_type == "hybrid_sliding":
        seen &= columns > rows - model.config.sliding_window
    return torch.zeros(1, 1, tokens, tokens).masked_fill(~seen, torch.finfo(torch.float32).min)


def run_layer(model, index, layer, inputs):
    """The outputs of one layer's modules, each for the inputs of its own vector."""
    import torch

    def given(module, name):
        return inputs[f"model/layers.{index}/{module}/in/{name}"][None]

    answers = {}
    answers["input_norm", "normed"] = layer.input_layernorm(given("input_norm", "stream"))[0]
    normed = given("attention", "normed")
    tokens = normed.shape[1]
    kind = model.config.layer_types[index]
    places = model.model.rotary_emb(normed, torch.arange(tokens)[None], kind)
    attention, _ = layer.self_attn(
        hidden_states=normed,
        attention_mask={"causal": mask_for(model, tokens, kind), "conv": None},
        position_embeddings=places,
    )
    answers["attention", "attention"] = attention[0]
    answers["post_attention", "stream_out"] = layer.post_attention_residual_scale(
        given("post_attention", "hidden"), given("post_attention", "stream"))[0]
    answers["post_attention_norm", "normed"] = layer.post_attention_layernorm(
        given("post_attention_norm", "stream"))[0]

    before = given("moe", "router_state") if index else None
    hidden = given("moe", "normed")
    logits, weight, _, state = layer.mlp.gate(hidden, before)
    probabilities = torch.softmax(logits, dim=-1)
    output, _ = layer.mlp(hidden, before)
    answers["moe", "router_state_out"] = state[0]
    answers["moe", "choice"] = (probabilities + layer.mlp.gate.balancing_biases).argmax(dim=-1)
    answers["moe", "weight"] = weight
    answers["moe", "moe"] = output[0]
    answers["post_moe", "stream_out"] = layer.post_mlp_residual_scale(
        given("post_moe", "hidden"), given("post_moe", "stream"))[0]
    return {f"model/layers.{index}/{module}/{name}": value
            for (module, name), value in answers.items()}


def run_model(model, inputs):
    import torch

    with torch.no_grad():
        answers = {}
        for index, layer in enumerate(model.model.layers):
            answers |= run_layer(model, index, layer, inputs)
        normed = model.model.norm(inputs["model/head/in/stream"][None])
        answers["model/head/logits"] = model.lm_head(normed)[0]
    return {name: value.contiguous() for name, value in answers.items()}


def swap_taps(layer):
    weight = layer.self_attn.qkv_proj.conv_qk_depthwise.weight.data
    weight.copy_(weight.flip(-1))


def forget_scale(layer):
    layer.self_attn.scaling *= 1.01


def swap_halves(layer):
    weight = layer.mlp.experts.gate_up_proj.data
    half = weight.shape[1] // 2
    weight.copy_(weight.roll(half, dims=1))


def drop_carry(layer):
    layer.mlp.gate.router_states_scale.data.mul_(0.99)


# The seeded bugs of the last layer, and the module whose vectors must detect each.
FAULTS = {"taps of the depthwise convolution swapped": (swap_taps, "attention"),
          "attention scaled one percent too much": (forget_scale, "attention"),
          "gate and up projections swapped": (swap_halves, "moe"),
          "router's carried state one percent too small": (drop_carry, "moe")}


def judge(arguments, vectors, model, folder, words):
    """The exit code of `vectors check`, the incorrect vectors, and its output."""
    from safetensors.torch import load_file, save_file

    outputs = folder / "answers.safetensors"
    save_file(run_model(model, load_file(vectors)), outputs)
    done = subprocess.run(
        [arguments.kernelgate, "vectors", "check", "--vectors", vectors, "--outputs", outputs,
         "--engine", "transformers"], capture_output=True, text=True, check=False)
    wrong = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("incorrect  ")]
    print(f"  {words}: exit code {done.returncode}, {len(wrong)} vectors incorrect")
    if done.returncode not in (0, 1):
        print(done.stdout + done.stderr)
    return done.returncode, wrong, done.stdout


def check(arguments, checkpoint):
    """Messages about the failures of this checkpoint's run."""
    faults = []
    print(checkpoint.name)
    vocabulary = json.loads((checkpoint / "config.json").read_text())["vocab_size"]
    ids = ",".join(str(i % vocabulary) for i in PROMPT)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        subprocess.run([arguments.kernelgate, "vectors", "export", "--checkpoint", checkpoint,
                        "--input-ids", ids, "--output", folder], check=True,
                       stdout=subprocess.DEVNULL)
        vectors = folder / "model.safetensors"
        code, _, output = judge(arguments, vectors, load(checkpoint), folder, "as it is")
        if code != 0:
            faults.append(f"{checkpoint.name}: expected transformers to pass, got:\n{output}")
        for words, (plant, module) in FAULTS.items():
            model = load(checkpoint)
            last = len(model.model.layers) - 1
            plant(model.model.layers[last])
            code, wrong, _ = judge(arguments, vectors, model, folder, words)
            if code != 1 or wrong != [f"model/layers.{last}/{module}"]:
                faults.append(f"{checkpoint.name}: {words}: exit code {code}, detected by {wrong}")
    return faults


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--kernelgate", required=True, type=pathlib.Path)
    parser.add_argument("--checkpoint", type=pathlib.Path, action="append")
    parser.add_argument("--make-venv", action="store_true")
    arguments = parser.parse_args()
    if arguments.make_venv:
        make_environment()
    arguments.kernelgate = arguments.kernelgate.resolve()
    checkpoints = arguments.checkpoint or sorted(
        folder.parent for folder in (HERE / "data").glob("*/config.json"))
    faults = [fault for checkpoint in checkpoints for fault in check(arguments, checkpoint)]
    print("\n".join(faults) if faults else "transformers passes, and every seeded bug is detected")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
