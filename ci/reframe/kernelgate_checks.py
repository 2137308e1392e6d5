"""kernelgate's gates as ReFrame tests: one per suite, on every partition that names its architecture.

A partition names its architecture and its build in `extras` (see settings.py beside this file):
    "extras": {"kernelgate_arch": "gfx942", "kernelgate_build": "/path/to/build-hip"}
Run:  reframe -C ci/reframe/settings.py -c ci/reframe/kernelgate_checks.py -r
"""

import reframe as rfm
import reframe.utility.sanity as sn
from reframe.core.builtins import parameter, run_before, sanity_function


@rfm.simple_test
class Gate(rfm.RunOnlyRegressionTest):
    descr = "kernelgate gate of the partition's architecture"
    valid_systems = ["*"]
    valid_prog_environs = ["*"]
    suite = parameter(["smoke", "edge_shapes"])
    time_limit = "30m"

    @run_before("run")
    def choose(self):
        extras = self.current_partition.extras
        self.skip_if("kernelgate_build" not in extras, "the partition names no kernelgate_build")
        self.executable = f"{extras['kernelgate_build']}/kernelgate"
        self.executable_opts = [
            "gate",
            "--arch",
            extras["kernelgate_arch"],
            "--suite",
            self.suite,
            "--output",
            "gate",
            "--junit",
            "gate.xml",
        ]
        self.keep_files = ["gate", "gate.xml"]

    @sanity_function
    def open_gate(self):
        """The exit code is 0, and the last line reports an open gate."""
        return sn.all(
            [
                sn.assert_eq(self.job.exitcode, 0),
                sn.assert_found(r"^gate \S+ open \(exit code 0\)$", self.stdout),
            ]
        )
