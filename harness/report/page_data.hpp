// Builds the data that the page's scripts read: every record, and the metrics derived from them.
// The metrics are derived here, where tests check them against values worked out by hand; the
// scripts only show them.
#pragma once

#include <nlohmann/json.hpp>

#include <vector>

#include "harness/report/page.hpp"

namespace kernelgate {

/// The data of a page that shows `records`.
nlohmann::json page_data(const std::vector<Record>& records, const PageText& text);

}  // namespace kernelgate
