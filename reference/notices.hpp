// Messages about input that is readable but inconsistent or partly unused.
#pragma once

#include <string>
#include <vector>

namespace kernelgate::reference {

/// One sentence each: the file, the difference, and which value was used. The library itself prints
/// none.
using Notices = std::vector<std::string>;

}  // namespace kernelgate::reference
