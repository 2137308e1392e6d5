#include "harness/compare/probe.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <random>

namespace kernelgate::compare {
namespace {

constexpr std::size_t length = 1024;  // 8 KiB

}  // namespace

Probe::Probe(std::int64_t units, double more)
    : units_(std::llround(static_cast<double>(units) * (1 + more))), memory_(length + 4096, 1.0) {
  data_ = memory_.data() + std::random_device{}() % 4096;
}

double Probe::run() {
  // Four chains, so that neither the latency of one addition nor the compiler determines the time
  // of a unit.
  double a = 0, b = 0, c = 0, d = 0;
  for (std::int64_t unit = 0; unit < units_; ++unit) {
    for (std::size_t i = 0; i < length; i += 4) {
      a = a * 0.5 + data_[i];
      b = b * 0.5 + data_[i + 1];
      c = c * 0.5 + data_[i + 2];
      d = d * 0.5 + data_[i + 3];
    }
    data_[static_cast<std::size_t>(unit) % length] = 1 + (a + b + c + d) * 1e-9;
  }
  return a + b + c + d;
}

std::int64_t units_for(double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr std::int64_t tried = 2000;
  double least = 1e9;
  volatile double kept = 0;
  for (int i = 0; i < 25; ++i) {  // the minimum: other load only slows
    Probe probe(tried, 0);
    const auto start = Clock::now();
    kept = kept + probe.run();
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return std::max<std::int64_t>(2000, std::llround(tried * seconds / std::max(least, 1e-9)));
}

}  // namespace kernelgate::compare
