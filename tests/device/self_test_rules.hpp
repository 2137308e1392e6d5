// Expected results of the dialect's self-test on any device, virtual or real, computed by plain
// loops from the definitions in docs/dialect.md.
#pragma once

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <stdexcept>
#include <string>
#include <vector>

#include "harness/core/dtype.hpp"
#include "harness/core/exponential.hpp"
#include "harness/native/device.hpp"

namespace kernelgate {

/// Copies vectors to buffers of a device, launches kernels and copies the results back.
class SelfTestRun {
 public:
  SelfTestRun(NativeDevice& device, NativeEntries entries) : device_(device), entries_(entries) {}

  int wave() const { return static_cast<int>(device_.profile().wave); }

  template <class T>
  std::byte* stage(const std::vector<T>& values) {
    const auto bytes = static_cast<std::int64_t>(values.size() * sizeof(T));
    std::byte* memory = device_.allocate(bytes, "values");
    device_.upload(memory, reinterpret_cast<const std::byte*>(values.data()), bytes);
    return memory;
  }
  template <class T>
  std::vector<T> fetch(const std::byte* memory, std::size_t count) {
    std::vector<T> values(count);
    device_.download(reinterpret_cast<std::byte*>(values.data()), memory,
                     static_cast<std::int64_t>(count * sizeof(T)));
    return values;
  }
  /// Launches the instance `name` + "w32>" or "w64>", by the device's wave width.
  template <class... Args>
  void launch(const std::string& name, std::uint32_t blocks, std::uint32_t threads,
              const Args&... args) {
    const NativeEntry& entry = entry_named(name + "w" + std::to_string(wave()) + ">");
    launch_kernel(device_, entry, {{blocks, 1, 1}, threads, entry.shared_bytes}, args...);
    device_.finish();
  }

 private:
  const NativeEntry& entry_named(const std::string& name) const {
    for (std::int64_t i = 0; i < entries_.count; ++i) {
      if (name == entries_.data[i].name) return entries_.data[i];
    }
    throw std::runtime_error("no entry " + name);
  }

  NativeDevice& device_;
  NativeEntries entries_;
};

// The value that thread t of a block of 256 writes in self_test_words.
inline std::uint32_t words_of(const std::vector<std::uint32_t>& in, std::uint32_t block,
                              std::uint32_t t, std::uint32_t w) {
  const std::uint32_t first = t / w * w, lane = t % w;
  const auto value = [&](std::uint32_t i) { return in[block * 256 + i] & 0xFFU; };
  std::uint32_t sum = 0, most = 0, scan = 0;
  for (std::uint32_t i = first; i < first + w; ++i) {
    sum += value(i);
    most = std::max(most, value(i));
    if (i <= t) scan += value(i);
  }
  std::uint32_t result = sum + most + scan + (first + w - 1) + (t ^ 1U);
  result += (lane >= 1 ? t - 1 : t) + (lane + 1 < w ? t + 1 : t);
  result += w / 2 + static_cast<std::uint32_t>(std::popcount(t) + std::countl_zero(t)) + 2;
  result += 1 + 1 + 5 + first + (t ^ 2U);
  result += (lane >= 2 ? t - 2 : t) + (lane + 2 < w ? t + 2 : t);
  result += 256 + 255 * 256 / 2 + 256;  // count, the sum of t, the sum of ones
  result += 510 + 0 + 510 + 510 + std::min(t, 7U) + std::max(t, 7U);
  return result;
}

/// Votes, shuffles, scans, counts and atomics.
inline void expect_words(SelfTestRun& run) {
  const auto wave = static_cast<std::uint32_t>(run.wave());
  std::vector<std::uint32_t> in(512);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<std::uint32_t>(i * 2654435761U);
  std::byte* x = run.stage(in);
  std::byte* out = run.stage(std::vector<std::uint32_t>(512));
  std::byte* counters = run.stage(std::vector<std::uint32_t>{0, 0, 999, 0, 0, 0, 0, 0});
  std::byte* wide = run.stage(std::vector<std::uint64_t>{0, 0, ~0ULL, 0, 0});
  run.launch("self_test_words<", 2, 256, x, out, counters, wide);
  const auto got = run.fetch<std::uint32_t>(out, 512);
  for (std::uint32_t i = 0; i < 512; ++i) {
    ASSERT_EQ(got[i], words_of(in, i / 256, i % 256, wave)) << "thread " << i;
  }
  EXPECT_THAT(run.fetch<std::uint32_t>(counters, 8),
              ::testing::ElementsAre(512, 255, 0, 0xFFFFFFFFU, 9, 5, 6, 0));
  EXPECT_THAT(run.fetch<std::uint64_t>(wide, 5),
              ::testing::ElementsAre(512, 255ULL << 32, 0, 9ULL << 32, 5ULL << 32));
}

/// Conversions, the portable mathematics and the reductions.
inline void expect_numbers(SelfTestRun& run) {
  std::vector<f16> x;
  x.reserve(512);
  for (int i = 0; i < 512; ++i) x.push_back(from_float<f16>(0.01F * static_cast<float>(i - 100)));
  std::byte* input = run.stage(x);
  std::byte* output = run.stage(std::vector<float>(2048));
  run.launch("self_test_numbers<f16,", 1, 256, input, output, std::uint64_t{17});
  const auto got = run.fetch<float>(output, 2048);
  double sum = 0;
  float most = -1e30F;
  std::vector<float> values;
  for (std::size_t t = 0; t < 256; ++t) {
    values.push_back(std::abs(to_float(x[2 * t])) + to_float(x[2 * t + 1]));
    sum += static_cast<double>(values.back());
    most = std::max(most, values.back());
  }
  for (std::size_t t = 0; t < 256; ++t) {
    const double v = static_cast<double>(values[t]);
    if (!(v > 0)) continue;  // edge cases are in the mathematics test
    const float* y = &got[8 * t];
    const auto near = [&](float is, double want) {
      EXPECT_NEAR(static_cast<double>(is), want, 1e-6 * (1 + std::abs(want))) << t;
    };
    near(y[0], std::exp(v) + std::exp2(v));
    near(y[1], std::log(v) + std::erf(v));
    near(y[2], std::sqrt(v) + 1 / std::sqrt(v));
    EXPECT_EQ(y[3], to_float(from_float<f16>(std::fma(values[t], values[t], 1.0F))));
    const double noise = exponential_noise(17, {static_cast<std::uint32_t>(t), 0, 1, 2});
    near(y[4], std::sqrt(noise * noise + noise));
    near(y[5], sum);
    EXPECT_EQ(y[6], most);
    EXPECT_EQ(float_to_bits(y[7]), float_to_bits(values[t]) ^ 1U);
  }
}

/// Matrix tiles of integers.
inline void expect_tiles(SelfTestRun& run) {
  std::vector<bf16> a, b, bt;
  for (int i = 0; i < 256; ++i) {
    a.push_back(from_float<bf16>(static_cast<float>(i % 7 - 3)));
    b.push_back(from_float<bf16>(static_cast<float>(i % 11 - 5)));
    bt.push_back(from_float<bf16>(static_cast<float>(i % 5 - 2)));
  }
  std::byte* left = run.stage(a);
  std::byte* right = run.stage(b);
  std::byte* turned = run.stage(bt);
  std::byte* product = run.stage(std::vector<float>(256));
  run.launch("self_test_tiles<bf16,", 1, static_cast<std::uint32_t>(run.wave()), left, right,
             turned, product);
  const auto got = run.fetch<float>(product, 256);
  for (std::size_t row = 0; row < 16; ++row) {
    for (std::size_t column = 0; column < 16; ++column) {
      float want = 0;  // integers: exact in any order
      for (std::size_t k = 0; k < 16; ++k) {
        want += to_float(a[row * 16 + k]) *
                (to_float(b[k * 16 + column]) + to_float(bt[column * 16 + k]));
      }
      EXPECT_EQ(got[row * 16 + column], want) << row << "," << column;
    }
  }
}

}  // namespace kernelgate
