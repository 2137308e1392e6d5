// Freivalds' check of an integer matrix product: covers every element of a large y = x W^T at the
// cost of three matrix-vector products. A wrong y passes one random vector with probability at most
// 2^-16 (entries of 16 random bits), two with 2^-32.
#pragma once

#include "harness/core/reference_values.hpp"

namespace kernelgate {

/// x [tokens,in], w [out,in] and the tensor named `output` [tokens,out] hold integers. The products
/// are taken in 64-bit integers: exact while in * |x| * |w| * out * 2^16 < 2^63, else modulo 2^64.
Property freivalds_property(const Tensor& x, const Tensor& w, const std::string& output,
                            std::uint64_t key);

}  // namespace kernelgate
