// The heads of a vector file as the JSON text that stands in its metadata.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/vectors/vector_file.hpp"

namespace kernelgate {

std::string heads_as_json(const std::vector<VectorHead>& heads);
/// Throws BadInput naming `file`, the vector, the key, what was expected and what was found.
std::vector<VectorHead> heads_from_json(std::string_view text, const std::string& file);

}  // namespace kernelgate
