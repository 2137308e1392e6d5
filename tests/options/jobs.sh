#!/bin/bash
# Tests the number of compile jobs that the scripts start, from memory and cores within the limits of
# control groups. The limits come from hand-written files in a folder that replaces /.
#
#   jobs.sh CHECKOUT
set -euo pipefail
# shellcheck source=ci/lib.sh
source "$1/ci/lib.sh"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
failures=0
# expect WHAT GOT WANTED
expect() {
  [[ $2 == "$3" ]] && return
  failures=$((failures + 1))
  echo "FAILED  $1: expected $3, got $2"
}
write() {
  mkdir -p "$(dirname "$root/$1")"
  printf '%b' "$2" >"$root/$1"
}

write proc/meminfo 'MemTotal: 9000000 kB\nMemAvailable:    8192000 kB\n'
write proc/self/cgroup '0::/pod/job\n'
write proc/self/mountinfo '30 23 0:26 / /sys/fs/cgroup rw shared:4 - cgroup2 cgroup2 rw\n'
expect "memory without a limit" "$(available_megabytes "$root")" 8000
cores=$(nproc)
expect "cores without a quota" "$(available_cores "$root")" "$cores"

group=sys/fs/cgroup/pod
write $group/memory.max '3221225472\n' # 3072 MiB
write $group/memory.current '2147483648\n'
write $group/memory.stat 'anon 5\ninactive_file 524288000\nactive_file 524288000\n' # 1000 MiB of cache
write $group/job/memory.max 'max\n'
write $group/job/memory.current '5\n'
expect "a group that contains the job's" "$(available_megabytes "$root")" 2024
write $group/memory.stat 'anon 5\n'
expect "the same without a page cache" "$(available_megabytes "$root")" 1024
write $group/memory.current '4294967296\n'
expect "a full group" "$(available_megabytes "$root")" 0

write $group/cpu.max 'max 100000\n'
expect "cores without a quota" "$(available_cores "$root")" "$cores"
write $group/cpu.max '50000 100000\n'
expect "half a core" "$(available_cores "$root")" 1

# Control groups version 1, in a container with the host's path.
write proc/self/cgroup '4:memory:/docker/a\n3:cpu,cpuacct:/docker/a\n0::/\n'
write proc/self/mountinfo '32 30 0:28 /docker/a /v1/memory ro - cgroup cgroup rw,memory\n33 30 0:29 /docker/a /v1/cpu ro - cgroup cgroup rw,cpu,cpuacct\n'
write v1/memory/memory.limit_in_bytes '1073741824\n'
write v1/memory/memory.usage_in_bytes '1048576000\n'
write v1/memory/memory.stat 'inactive_file 1\ntotal_inactive_file 104857600\ntotal_active_file 0\n'
expect "version 1" "$(available_megabytes "$root")" 124
write v1/memory/memory.limit_in_bytes '9223372036854771712\n'
expect "version 1 without a limit" "$(available_megabytes "$root")" 8000
write v1/cpu/cpu.cfs_quota_us '-1\n'
write v1/cpu/cpu.cfs_period_us '100000\n'
expect "version 1 without a quota" "$(available_cores "$root")" "$cores"
write v1/cpu/cpu.cfs_quota_us '100000\n'
expect "version 1 with one core" "$(available_cores "$root")" 1

expect "the variable" "$(KERNELGATE_JOBS=7 compile_jobs)" 7
for value in x 0 -2 1.5; do
  code=0
  KERNELGATE_JOBS=$value compile_jobs >"$root/said" 2>&1 || code=$?
  expect "KERNELGATE_JOBS=$value" "$code" 2
  grep -qF "KERNELGATE_JOBS: expected a whole number from 1 to 9999, got '$value'" "$root/said" || expect "the message" "$(cat "$root/said")" "the variable and its value"
done
((failures == 0))
