// Measures the read bandwidth, compiled with the flags of kernel code.
#include <algorithm>
#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include <omp.h>
#include <sys/mman.h>

#include "harness/core/free_memory.hpp"
#include "harness/timing/roof.hpp"

namespace kernelgate {
namespace {

using Clock = std::chrono::steady_clock;

#if defined(__AVX512F__)
constexpr int lanes = 16;
#elif defined(__AVX__)
constexpr int lanes = 8;
#else
constexpr int lanes = 4;
#endif
using Vector = float __attribute__((vector_size(lanes * sizeof(float))));

struct Unmap {
  std::size_t bytes = 0;
  void operator()(float* memory) const { munmap(memory, bytes); }
};

// Uses huge pages if the system provides them, as the harness's tensors do.
std::unique_ptr<float, Unmap> allocate(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return {nullptr, Unmap{bytes}};
  madvise(memory, bytes, MADV_HUGEPAGE);
  return {static_cast<float*>(memory), Unmap{bytes}};
}

// Reads `streams` ranges of `count` floats side by side, with prefetching. A single stream has
// fewer loads in flight than a kernel over several rows.
float sum_streams(const float* data, std::int64_t count, int streams) {
  constexpr std::int64_t step = 4 * lanes;
  constexpr std::int64_t ahead = 1024;  // floats
  Vector sums[4] = {};
  for (std::int64_t i = 0; i + step <= count; i += step) {
    for (int s = 0; s < streams; ++s) {
      const float* from = data + s * count + i;
      for (int k = 0; k < 4; ++k) {
        __builtin_prefetch(from + ahead + k * lanes);
        Vector v;
        std::memcpy(&v, from + k * lanes, sizeof v);
        sums[k] += v;
      }
    }
  }
  Vector total = {};
  for (const Vector& s : sums) total += s;
  float result = 0;
  for (int lane = 0; lane < lanes; ++lane) result += total[lane];
  return result;
}

volatile float sink = 0;  // keeps the probes' results alive

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

}  // namespace

double measure_read_bandwidth(std::int64_t working_set_bytes) {
  constexpr std::int64_t block = 8192;  // floats; every thread has whole blocks
  const std::int64_t blocks = std::max<std::int64_t>(
      working_set_bytes / static_cast<std::int64_t>(sizeof(float)) / block, 1);
  const std::int64_t count = blocks * block;
  require_memory(count * static_cast<std::int64_t>(sizeof(float)),
                 "the measurement of this machine's bandwidth");
  const auto memory = allocate(static_cast<std::size_t>(count) * sizeof(float));
  if (!memory) return 0;
  float* data = memory.get();
#pragma omp parallel for schedule(static)
  for (std::int64_t b = 0; b < blocks; ++b) std::fill_n(data + b * block, block, 1.0F);
  const std::int64_t bytes = count * static_cast<std::int64_t>(sizeof(float));
  const int sweeps = static_cast<int>(std::clamp<std::int64_t>((1LL << 28) / bytes, 1, 4096));
  double best = 0;
  for (const int streams : {1, 4, 8, 1, 4, 8, 1, 4, 8}) {
    float total = 0;
    const auto start = Clock::now();
#pragma omp parallel reduction(+ : total)
    {
      const std::int64_t threads = omp_get_num_threads();
      const std::int64_t first = blocks * omp_get_thread_num() / threads * block;
      const std::int64_t last = blocks * (omp_get_thread_num() + 1) / threads * block;
      for (int sweep = 0; sweep < sweeps; ++sweep) {
        total += sum_streams(data + first, (last - first) / streams, streams);
      }
    }
    const double seconds = seconds_since(start);
    sink = sink + total;
    best = std::max(best, static_cast<double>(bytes) * sweeps / seconds);
  }
  return best;
}

}  // namespace kernelgate
