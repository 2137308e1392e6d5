# shellcheck shell=bash
# Functions of ci/on-gpu.sh that find devices, the vendor's toolkit and build tools on the machine and
# record them. Source it after ci/lib.sh.

# Targets of the NVIDIA devices here, as "sm_90".
cuda_devices() {
  command -v nvidia-smi > /dev/null || return 0
  nvidia-smi --query-gpu=compute_cap --format=csv,noheader 2> /dev/null |
    sed -n 's/^ *\([0-9]*\)\.\([0-9]\) *$/sm_\1\2/p' | sort -u | paste -sd,
}

# Targets of the AMD devices here, as "gfx942": from rocminfo or from the kernel driver, whose version
# number (90402) has two digits each for minor and stepping.
hip_devices() {
  local found
  found=$(PATH=$PATH:${ROCM_PATH:-/opt/rocm}/bin rocminfo 2> /dev/null |
    awk '$1 == "Name:" && $2 ~ /^gfx[0-9a-f]+$/ { print $2 }' | sort -u | paste -sd,)
  if [[ -z $found ]]; then
    found=$(awk '$1 == "gfx_target_version" && $2 > 0 {
        printf "gfx%d%x%x\n", $2 / 10000, $2 / 100 % 100, $2 % 100
      }' /sys/class/kfd/kfd/topology/nodes/*/properties 2> /dev/null | sort -u | paste -sd,)
  fi
  echo "$found"
}

# Sets backend and archs from each other or from the devices. Exit code 5 if there is no target.
choose_target() {
  local cuda='' hip=''
  case $archs in
    '') ;;
    sm_* | [0-9]*) cuda=$archs ;;
    gfx*) hip=$archs ;;
    *) say "--arch: got '$archs', expected names such as sm_90 or gfx942" >&2; exit 2 ;;
  esac
  if [[ ($backend == cuda && -n $hip) || ($backend == hip && -n $cuda) ]]; then
    say "--arch: got '$archs', expected targets of the backend $backend" >&2
    exit 2
  fi
  if [[ -z $archs ]]; then
    cuda=$(cuda_devices)
    hip=$(hip_devices)
  fi
  if [[ -z $backend ]]; then
    if [[ -n $cuda ]]; then backend=cuda; elif [[ -n $hip ]]; then backend=hip; fi
  fi
  if [[ $backend == cuda ]]; then archs=$cuda; else archs=$hip; fi
  if [[ -z $archs ]]; then
    say "no ${backend:+${backend^^} }device here: neither nvidia-smi nor rocminfo nor the kernel driver" \
      "names one; nothing was built and nothing is measured (--arch builds all the same)" >&2
    exit 5
  fi
}

# find_first NAME PATH...: the first path that is a program.
find_first() {
  local name=$1 place
  shift
  for place in "$(command -v "$name" || true)" "$@"; do
    if [[ -x $place ]]; then
      echo "$place"
      return
    fi
  done
  return 1
}

find_toolkit() {
  local compiler rocm=${ROCM_PATH:-/opt/rocm} version
  if [[ $backend == cuda ]]; then
    if ! compiler=$(find_first nvcc "${CUDA_HOME:-}/bin/nvcc" /usr/local/cuda/bin/nvcc \
      "$checkout/.deps/cuda/bin/nvcc"); then
      say "no nvcc on the PATH, in CUDA_HOME or in /usr/local/cuda; CUDA 12 or later has it" >&2
      exit 2
    fi
    version=$("$compiler" --version | sed -n 's/.*\(V[0-9][0-9.]*\).*/\1/p')
    toolkit_arguments=(-DKERNELGATE_CUDA=ON -DKERNELGATE_HIP=OFF "-DKERNELGATE_NVCC=$compiler"
      "-DKERNELGATE_CUDA_ARCHS=$(sed 's/sm_//g; s/,/;/g' <<< "$archs")")
    toolkit_words="nvcc $version, $compiler"
    return
  fi
  # ROCm's compiler is preferred to the system's, because it supports the devices of its release.
  if ! compiler=$(find_first "$rocm/lib/llvm/bin/amdclang++" "$rocm/llvm/bin/amdclang++" \
    "$rocm/lib/llvm/bin/clang++" "$rocm/llvm/bin/clang++" "$(command -v clang++-22 || true)"); then
    say "no ROCm clang in ROCM_PATH or /opt/rocm, and no clang++-22 on the PATH" >&2
    exit 2
  fi
  version=$("$compiler" --version | sed -n 1p)
  toolkit_arguments=(-DKERNELGATE_HIP=ON -DKERNELGATE_CUDA=OFF "-DKERNELGATE_HIP_CLANG=$compiler"
    "-DKERNELGATE_HIP_ARCHS=${archs//,/;}")
  toolkit_words="$version, $compiler"
}

# Checks the build tools and their versions.
need_tools() {
  local tool version
  for tool in cmake ninja "${CXX:-g++}"; do
    command -v "$tool" > /dev/null || { say "no $tool on the PATH" >&2; exit 2; }
  done
  version=$(cmake --version | sed -n '1s/[^0-9]*\([0-9][0-9.]*\).*/\1/p')
  if [[ $(printf '%s\n3.25\n' "$version" | sort -V | sed -n 1p) != 3.25 ]]; then
    say "cmake $version: expected 3.25 or later" >&2
    exit 2
  fi
}

# Description of the machine for the readers of the results.
describe_machine() {
  echo "commit   $commit"
  echo "time     $(date -u +%Y-%m-%dT%H:%M:%SZ)"
  echo "system   $(. /etc/os-release && echo "$PRETTY_NAME"), $(uname -srm)"
  echo "host     $(nproc) cores, $(awk -F': *' '/^model name/ { print $2; exit }' /proc/cpuinfo)"
  echo "compiler $("${CXX:-g++}" --version | sed -n 1p)"
  echo "build    $(cmake --version | sed -n 1p), ninja $(ninja --version)"
  echo "toolkit  $toolkit_words"
  echo "target   $backend, $archs"
  if command -v nvidia-smi > /dev/null; then nvidia-smi || true; fi
  if command -v rocm-smi > /dev/null; then rocm-smi || true; fi
  if [[ -d $checkout/third_party ]]; then cat "$checkout/third_party/PACKAGES.csv"; fi
}

# count_records FILE ROW: counts the rows of type ROW (check or bench) as "12 passed, 1 unsupported".
count_records() {
  [[ -f $1 ]] || return 0
  awk -v row="$2" '
    { gsub(/"[^"]*"/, "q"); n = split($0, field, ",") }
    NR == 1 { for (i = 1; i <= n; ++i) column[field[i]] = i; next }
    field[column["row"]] == row { ++count[field[column["status"]]] }
    END {
      split("passed incorrect failed_recheck mistrusted unsupported crashed timed_out", order, " ")
      for (i = 1; i <= 7; ++i) if (count[order[i]]) {
        printf "%s%d %s", separator, count[order[i]], order[i]
        separator = ", "
      }
    }' "$1"
}
