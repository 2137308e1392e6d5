// Converts the heads of a vector file to and from the JSON text in its metadata.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/vectors/vector_file.hpp"

namespace kernelgate {

std::string heads_as_json(const std::vector<VectorHead>& heads);
/// Throws BadInput with `file`, the vector, the key, the expected and the actual value.
std::vector<VectorHead> heads_from_json(std::string_view text, const std::string& file);

}  // namespace kernelgate
