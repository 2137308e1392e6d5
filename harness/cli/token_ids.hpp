// Token ids as a user types them: a list, or the name of a CSV file.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kernelgate {

/// "2,39,76", or a .csv file with the column `id`, one token a line. At least one id; throws
/// BadInput naming `option` or the file's line, and what stands there.
std::vector<std::int32_t> read_token_ids(const std::string& text, const std::string& option);

}  // namespace kernelgate
