// What the page's scripts read: every record, and the figures that are derived from them. They are
// derived here, where tests hold them to values worked out by hand; the scripts only show them.
#pragma once

#include <nlohmann/json.hpp>

#include <vector>

#include "harness/report/page.hpp"

namespace kernelgate {

nlohmann::json page_data(const std::vector<Record>& records, const PageText& text);

}  // namespace kernelgate
