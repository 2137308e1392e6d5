// The text of profiles.csv, which the build embeds (harness/report/embed.cmake).
#pragma once

#include <string_view>

namespace kernelgate {

extern const std::string_view profiles_csv;

}  // namespace kernelgate
