// For tests of native kernels with seeded bugs: a test states the bug, the trial, and what the
// diagnostic of every schedule contains.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "harness/native/entry_set.hpp"
#include "harness/verify/testing.hpp"
#include "tests/native/native_trial.hpp"

namespace kernelgate {

/// A case on which a kernel instance is tried.
struct Trial {
  const char* axes;
  DataMode mode = DataMode::real;

  // Implicit, so that a test may give the axes alone.
  constexpr Trial(const char* text, DataMode data = DataMode::real) : axes(text), mode(data) {}
};

/// A case and a partitioning of its work, for kernels that are launched without their plan.
template <class Cut>
struct CutTrial {
  const char* axes;
  Cut cut;
  DataMode mode = DataMode::real;
};

/// Tests of a native kernel on virtual devices with a certain wave width (32 or 64), or on a
/// certain device profile (by name). `T` states a trial, such as the axes of a case and its data
/// mode.
template <class T = Trial, class Device = int>
class SeededBugs : public ::testing::TestWithParam<Device> {
 protected:
  /// One text per schedule: empty where the instances passed, otherwise the diagnostic.
  virtual std::vector<std::string> found(NativeEntries entries, const T& trial) const = 0;

  void passes(NativeEntries sound, std::initializer_list<T> trials) const {
    for (const T& trial : trials) {
      EXPECT_THAT(found(sound, trial), ::testing::Each("")) << text_of(trial);
    }
  }
  void passes_in_both_modes(NativeEntries sound, std::initializer_list<const char*> shapes) const {
    for (const char* axes : shapes) {
      passes(sound, {{axes, DataMode::exact}, {axes, DataMode::real}});
    }
  }
  /// Every schedule rejects the bug with a diagnostic that contains `expected`.
  void refused(NativeEntries bug, const T& trial, const std::string& expected) const {
    EXPECT_THAT(found(bug, trial), ::testing::Each(::testing::HasSubstr(expected)))
        << text_of(trial);
  }
  /// Every schedule rejects the bug, with any diagnostic.
  void refused(NativeEntries bug, const T& trial) const {
    EXPECT_THAT(found(bug, trial), ::testing::Each(::testing::Not(""))) << text_of(trial);
  }
  /// The bug has no effect where waves have 32 lanes and is rejected where they have 64.
  template <class... Expected>
  void refused_in_waves_of_64(NativeEntries bug, const T& trial,
                              const Expected&... expected) const {
    this->GetParam() == 32 ? passes(bug, {trial}) : refused(bug, trial, expected...);
  }

 private:
  static std::string text_of(const T& trial) {
    if constexpr (requires { trial.axes; }) return trial.axes;
    return "";
  }
};

/// The part of a test's name that tells its wave width or device: "w32", "nvsm90".
template <class Device>
std::string device_label(const ::testing::TestParamInfo<Device>& device) {
  if constexpr (std::is_same_v<Device, int>) {
    return "w" + std::to_string(device.param);
  } else {
    std::string name = device.param;
    std::erase(name, '-');
    return name;
  }
}

/// Instances that a kernel's plan does not choose: under each schedule, `prepare` takes the case,
/// its tensors, the device and the instances, and returns the launch.
template <class C, class Prepare>
std::vector<std::string> found_without_plan(int wave, NativeEntries entries, const char* axes,
                                            DataMode mode, const Prepare& prepare,
                                            std::uint64_t schedules = 10) {
  const JudgedCase<C> on(case_of<C>(axes), mode);
  const auto judge = [&](SourceDevice& device) {
    return on.check([&](const C& shape, TensorSet& tensors) {
      return prepare(shape, tensors, device, NativeEntrySet(entries));
    });
  };
  return said_under_schedules(wave, judge, schedules);
}

/// Expects bit-identical tensors `outputs` under twenty schedules; `prepare` takes the tensors and
/// the device.
template <class C, class Prepare>
void expect_same_bits(const C& c, int wave, std::initializer_list<const char*> outputs,
                      const Prepare& prepare) {
  TensorSet before(c.tensors());
  c.fill(before, DataMode::real, 7);
  std::vector<std::byte> first;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    TensorSet tensors(c.tensors());
    tensors.copy_from(before);
    SourceDevice device(trial_device(wave), {.seed = seed});
    const std::unique_ptr<Launch> launch = prepare(tensors, device);
    launch->run();
    launch->fetch();
    std::vector<std::byte> bits;
    for (const char* name : outputs) {
      const Tensor& tensor = tensors[name];
      const auto* bytes = static_cast<const std::byte*>(tensor.data());
      bits.insert(bits.end(), bytes, bytes + tensor.count() * size_bytes(tensor.spec().type));
    }
    if (seed == 0) first = bits;
    EXPECT_EQ(bits == first, true) << C::axes().print(c) << " seed " << seed;
  }
}

}  // namespace kernelgate
