// The files of harness/report/page/, embedded in the program by embed.cmake.
#pragma once

#include <string_view>

namespace kernelgate::page_assets {

extern const std::string_view html, style, script;
extern const std::string_view chart_licence, chart_js;  // chart_js is empty when it was not found

}  // namespace kernelgate::page_assets
