// Instrumentation self-test of a kernel unit: a function whose accesses are counted, to prove that
// this very unit was compiled to report them. Every unit has its own copy, because linkers keep
// only one of several equal functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kernelgate {
namespace {

[[maybe_unused, gnu::noinline]] void canary(std::uint32_t* words) {
  words[0] = words[1] + words[2];
  words[3] += 1;
  reinterpret_cast<unsigned char*>(words)[17] = 1;
  memcpy(words + 8, words + 16, 24);
}

}  // namespace
}  // namespace kernelgate
