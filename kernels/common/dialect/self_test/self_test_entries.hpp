// Kernel instances of the dialect's self-test, the same list on every target.
#pragma once

#include "kernels/common/dialect/self_test/self_test_kernel.hpp"

K_ENTRIES(self_test, K_ENTRY("self_test_words<w32>", (self_test_words<32>), 32, 256, WordsShared),
          K_ENTRY("self_test_words<w64>", (self_test_words<64>), 64, 256, WordsShared),
          K_ENTRY("self_test_numbers<bf16,w32>", (self_test_numbers<32, Bf16>), 32, 256,
                  NumbersShared<32>),
          K_ENTRY("self_test_numbers<bf16,w64>", (self_test_numbers<64, Bf16>), 64, 256,
                  NumbersShared<64>),
          K_ENTRY("self_test_numbers<f16,w32>", (self_test_numbers<32, F16>), 32, 256,
                  NumbersShared<32>),
          K_ENTRY("self_test_numbers<f16,w64>", (self_test_numbers<64, F16>), 64, 256,
                  NumbersShared<64>),
          K_MATRIX_ENTRY("self_test_tiles<bf16,w32>", (self_test_tiles<32, Bf16>), 32, 32,
                         TilesShared<Bf16>),
          K_MATRIX_ENTRY("self_test_tiles<bf16,w64>", (self_test_tiles<64, Bf16>), 64, 64,
                         TilesShared<Bf16>),
          K_MATRIX_ENTRY("self_test_tiles<f16,w32>", (self_test_tiles<32, F16>), 32, 32,
                         TilesShared<F16>),
          K_MATRIX_ENTRY("self_test_tiles<f16,w64>", (self_test_tiles<64, F16>), 64, 64,
                         TilesShared<F16>))
