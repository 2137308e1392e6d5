#include "harness/timing/roof.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>

namespace kernelgate {

std::int64_t last_level_cache_bytes() {
  namespace fs = std::filesystem;
  std::int64_t largest = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/sys/devices/system/cpu/cpu0/cache", error)) {
    std::string text;
    std::ifstream(entry.path() / "size") >> text;  // "32768K", "107520K" or "105M"
    std::int64_t size = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (problem != std::errc{}) continue;
    if (*end == 'K') size <<= 10;
    if (*end == 'M') size <<= 20;
    largest = std::max(largest, size);
  }
  return largest > 0 ? largest : std::int64_t{32} << 20;
}

Roofs::Roofs() : cold_bytes_(std::max(4 * last_level_cache_bytes(), std::int64_t{256} << 20)) {}

double Roofs::read_bandwidth_cold() {
  if (cold_ == 0) cold_ = std::max(min_cold_, measure_read_bandwidth(cold_bytes_));
  return cold_;
}

double Roofs::read_bandwidth_hot(std::int64_t working_set_bytes) {
  if (hot_bytes_ != working_set_bytes) {
    hot_bytes_ = working_set_bytes;
    hot_ = measure_read_bandwidth(std::min(working_set_bytes, cold_bytes_));
  }
  return hot_;
}

double Roofs::fma_peak() {
  if (peak_ == 0) peak_ = std::max(min_peak_, measure_fma_peak());
  return peak_;
}

void Roofs::forget() {
  min_cold_ = cold_;
  min_peak_ = peak_;
  cold_ = peak_ = 0;
  hot_bytes_ = -1;
}

}  // namespace kernelgate
