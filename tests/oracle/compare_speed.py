"""Tokens per second of transformers and of kernelgate, same model, same machine, same run.

Both get the published 8B sizes cut to --layers layers, synthetic bf16 weights and the same thread
count. They run one after the other, --rounds times, so that other load affects both; the ratio is
the median of the ratios of the rounds. Prefill gives logits of the last position alone on both sides;
decode is greedy, batch 1, with a cache that holds --context tokens.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

EIGHT_B = dict(
    hidden_size=2048,
    num_attention_heads=8,
    num_key_value_heads=2,
    head_dim=128,
    router_hidden_size=256,
    num_experts=16,
    moe_intermediate_size=2048,
    vocab_size=262272,
    max_position_embeddings=131072,
)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kernelgate", type=Path, default=Path("build/kernelgate"))
    parser.add_argument("--layers", type=int, default=8)
    parser.add_argument("--prompt", type=int, default=512, help="tokens of the prefill")
    parser.add_argument("--context", type=int, default=512, help="tokens in the cache at decode")
    parser.add_argument("--tokens", type=int, default=16, help="tokens to decode")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--engine", choices=["transformers"], help=argparse.SUPPRESS)
    return parser.parse_args()


def transformers_rates(options):
    """One round in this process: (prefill, decode) tokens per second."""
    import torch
    from transformers import ZayaConfig, ZayaForCausalLM
    from transformers.initialization import no_init_weights

    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    config = ZayaConfig(
        num_hidden_layers=options.layers,
        layer_types=["hybrid"] * options.layers,
        tie_word_embeddings=True,
        **EIGHT_B,
    )
    torch.set_default_dtype(torch.bfloat16)
    with no_init_weights():
        model = ZayaForCausalLM(config)
    torch.manual_seed(1)
    for name, parameter in model.named_parameters():
        if parameter.dim() > 1:
            # Cheaper than a normal distribution, with no effect on the times.
            parameter.uniform_(-1, 1).mul_((3 / parameter.shape[-1]) ** 0.5)
        elif name.endswith("bias") or name.endswith("biases"):
            parameter.zero_()
        else:
            parameter.fill_(1)
    for _, buffer in model.named_buffers():
        if not torch.isfinite(buffer.float()).all():
            buffer.zero_()
    model.eval()

    def prefill(count):
        ids = torch.randint(2, EIGHT_B["vocab_size"], (1, count))
        begin = time.perf_counter()
        result = model(input_ids=ids, use_cache=True, logits_to_keep=1)
        return result, time.perf_counter() - begin

    prefill(16)
    _, seconds = prefill(options.prompt)
    prefill_rate = options.prompt / seconds

    result, _ = prefill(options.context)
    cache, token = result.past_key_values, result.logits[:, -1:].argmax(-1)
    steps = []
    for _ in range(options.tokens + 1):  # the first one is a warm-up
        begin = time.perf_counter()
        result = model(input_ids=token, past_key_values=cache, use_cache=True, logits_to_keep=1)
        token = result.logits[:, -1:].argmax(-1)
        steps.append(time.perf_counter() - begin)
    return prefill_rate, 1 / statistics.median(steps[1:])


def in_own_process(options):
    """A round of transformers in a fresh process, so that its memory is gone before ours starts."""
    words = [sys.executable, __file__, "--engine", "transformers"]
    for name in ("layers", "prompt", "context", "tokens", "threads"):
        words += [f"--{name}", str(getattr(options, name))]
    text = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout
    return tuple(float(word) for word in text.split()[-2:])


def kernelgate_rates(options):
    with tempfile.TemporaryDirectory() as folder:
        records = Path(folder) / "records.csv"
        words = [options.kernelgate, "--threads", options.threads, "throughput", "--model", "8b"]
        words += ["--layers", options.layers, "--dtype", "bf16", "--pp", options.prompt]
        words += ["--batch", 1, "--context", options.context, "--tg", options.tokens]
        words += ["--repetitions", 1, "--records", records]
        subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL)
        rates = {}
        for row in csv.DictReader(records.open()):
            test = "prefill" if "test=pp" in row["axes"] else "decode"
            count = options.prompt if test == "prefill" else options.tokens
            rates[test] = count / float(row["time_median_seconds"])
    return rates["prefill"], rates["decode"]


def main():
    options = arguments()
    if options.engine:
        print(*transformers_rates(options))
        return
    import torch
    import transformers

    print(f"8b cut to {options.layers} layers, bf16, synthetic weights, {options.threads} threads")
    print(f"transformers {transformers.__version__}, torch {torch.__version__}, eager on the CPU")
    ours, theirs = [], []
    for number in range(options.rounds):
        theirs.append(in_own_process(options))
        ours.append(kernelgate_rates(options))
        for who, rates in (("transformers", theirs[-1]), ("kernelgate", ours[-1])):
            print(f"round {number + 1}  {who:<12}  pp{options.prompt} {rates[0]:8.2f} tokens/s"
                  f"  tg{options.tokens} c{options.context} {rates[1]:8.2f} tokens/s", flush=True)
    for index, test in enumerate((f"pp{options.prompt}", f"tg{options.tokens}")):
        ratios = sorted(o[index] / t[index] for o, t in zip(ours, theirs))
        print(f"{test}: kernelgate at {statistics.median(ratios):.2f}x the rate of transformers"
              f" ({ratios[0]:.2f} .. {ratios[-1]:.2f}, {options.rounds} rounds)")


if __name__ == "__main__":
    main()
