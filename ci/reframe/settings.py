"""A ReFrame site of one machine without a scheduler: the example that docs/ci.md runs. A cluster's own
settings differ in `scheduler`, `launcher` and one partition per kind of node."""

import os
from pathlib import Path

build = os.environ.get("KERNELGATE_BUILD", str(Path(__file__).resolve().parents[2] / "build"))

site_configuration = {
    "systems": [
        {
            "name": "here",
            "hostnames": [".*"],
            "partitions": [
                {
                    "name": "cpu",
                    "scheduler": "local",
                    "launcher": "local",
                    "environs": ["builtin"],
                    "extras": {"kernelgate_arch": "cpu", "kernelgate_build": build},
                }
            ],
        }
    ],
}
