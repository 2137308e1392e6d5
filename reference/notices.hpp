// Messages about input that can be read, but whose parts disagree or are not all used.
#pragma once

#include <string>
#include <vector>

namespace kernelgate::reference {

/// One sentence each, with the file, what differs and which was used. The library prints none of
/// them.
using Notices = std::vector<std::string>;

}  // namespace kernelgate::reference
