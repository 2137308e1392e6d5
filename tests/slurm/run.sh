#!/bin/bash
# Runs ci/slurm on a real Slurm: a controller and two nodes of different tiers on this machine, in a
# separate folder. Two tiers x three suites, of which one does not exist, must give one folder that
# reports it. A second submission must find everything done. A killed task must resume.
# Usage: run.sh <source> <build> <work>
set -euo pipefail
source=$1 build=$2 work=$3
missing=''
for program in slurmctld slurmd sbatch munged; do
  command -v "$program" > /dev/null || missing+=" $program"
done
if [[ -n $missing ]]; then echo "skipped: no$missing (Debian: slurm-wlm munge)"; exit 0; fi
if ((EUID != 0)); then echo "skipped: a Slurm of one's own needs root"; exit 0; fi
fail() { echo "FAILED: $*" >&2; tail -n 20 "$work"/slurm/*.log >&2 || true; exit 1; }

rm -rf "$work"
mkdir -p "$work"/{slurm,state,spool1,spool2,munge,out}
chmod 700 "$work/munge"
head -c 1024 /dev/urandom > "$work/munge/key"
chmod 400 "$work/munge/key"
socket=$(mktemp -d)/munge  # a socket's name is short
port=$((20000 + $$ % 20000))
host=$(hostname)
cores=$(nproc)
cat > "$work/slurm.conf" <<CONF
ClusterName=kernelgate
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$socket
CryptoType=crypto/munge
CredType=cred/munge
SlurmctldPort=$port
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd-%n.pid
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool-%n
SlurmctldLogFile=$work/slurm/slurmctld.log
SlurmdLogFile=$work/slurm/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
ReturnToService=2
SchedulerParameters=bf_interval=5,sched_min_interval=200000
NodeName=one NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 1)) CPUs=$cores Feature=tier_one
NodeName=two NodeHostname=$host NodeAddr=127.0.0.1 Port=$((port + 2)) CPUs=$cores Feature=tier_two
PartitionName=all Nodes=one,two Default=YES MaxTime=30 State=UP
CONF
export SLURM_CONF=$work/slurm.conf

pids=()
stop() { for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done; rm -rf "$(dirname "$socket")"; }
trap stop EXIT
munged --foreground --force --socket="$socket" --key-file="$work/munge/key" --pid-file="$work/munge/pid" \
  --seed-file="$work/munge/seed" --log-file="$work/slurm/munged.log" &
pids+=($!)
for _ in {1..50}; do [[ -S $socket ]] && break; sleep 0.1; done
slurmctld -D -f "$SLURM_CONF" > "$work/slurm/controller.log" 2>&1 &
pids+=($!)
for node in one two; do
  slurmd -D -N "$node" -f "$SLURM_CONF" > "$work/slurm/node-$node.log" 2>&1 &
  pids+=($!)
done
for _ in {1..100}; do
  [[ $(sinfo --noheader --format=%T 2> /dev/null | sort -u) == idle ]] && break
  sleep 0.2
done
[[ $(sinfo --noheader --format=%T 2> /dev/null | sort -u) == idle ]] || fail "the nodes do not come up"

cat > "$work/tiers.csv" <<TIERS
tier,arch,backend,build,sbatch
# a comment
first,cpu,kokkos,$build,--constraint=tier_one --ntasks=1 --cpus-per-task=1
second,cpu,kokkos,$build,--constraint=tier_two --ntasks=1 --cpus-per-task=1
TIERS
submit() {
  "$source/ci/slurm/submit.sh" --tiers "$work/tiers.csv" --output "$work/out" --suite smoke --suite edge_shapes \
    --suite no_such_suite --wait -- --kernel bias_balance --data exact
}
code=0
submit > "$work/submit.log" 2>&1 || code=$?
cat "$work/submit.log" "$work/out/gather.log"
((code == 2)) || fail "a suite that does not exist must end the gathering with 2, got $code"

# One folder with the rows of both tiers under one header, and one summary line per task.
rows_of() { awk -F, -v tier="$1" -v suite="$2" '$1 == tier && $2 == suite { print $6 }' "$work/out/summary.csv"; }
sum=0
for tier in first second; do
  for suite in smoke edge_shapes; do
    rows=$(rows_of "$tier" "$suite")
    ((rows > 0)) || fail "no row of $tier/$suite"
    sum=$((sum + rows))
  done
  [[ $(rows_of "$tier" no_such_suite) == 0 ]] || fail "a suite that does not exist has rows"
done
(($(wc -l < "$work/out/records.csv") == sum + 1)) || fail "records.csv has not the $sum rows of its parts"
(($(grep -c '^schema_version,' "$work/out/records.csv") == 1)) || fail "records.csv has not one header"
[[ $(rows_of first smoke) == $(rows_of second smoke) ]] || fail "two nodes judged different numbers of cases"
grep -q '^first,smoke,one,0,' "$work/out/summary.csv" || fail "tier first did not run on node one"
grep -q '^second,smoke,two,0,' "$work/out/summary.csv" || fail "tier second did not run on node two"
"$build/kernelgate" support --records "$work/out/records.csv" --output "$work/out/support.md" > /dev/null ||
  fail "the gathered records cannot be read back"

# Cut one file inside a row, as a killed task leaves it: only that row is checked again.
before=$(rows_of first smoke)
size=$(stat -c %s "$work/out/first/smoke.csv")
truncate -s $((size - 20)) "$work/out/first/smoke.csv"
code=0
submit > "$work/submit2.log" 2>&1 || code=$?
((code == 2)) || fail "the second submission ended with $code"
commit=$(tail -n 1 "$work/out/records.csv" | grep -c -- -dirty || true)
if ((commit == 0)); then
  [[ $(rows_of first smoke) == "$before" ]] || fail "a resumed suite has $(rows_of first smoke) rows, not $before"
fi
echo "two tiers, six tasks, $sum rows in one folder; a cut task went on"
