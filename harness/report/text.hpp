// Text helpers of reports: numbers with units, and escaping for XML.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Three significant digits with a unit: "1.23 ms", "456 ns", "12.0 s". Empty when absent.
std::string time_text(std::optional<double> seconds);
/// `per_second / 1e9` with three significant digits, such as "8.00"; empty when absent.
std::string giga_text(std::optional<double> per_second);
/// "63.2 %" for 0.632, three significant digits; "no value" when absent.
std::string percent_text(std::optional<double> share);
/// "1.25x faster", "1.04x slower", "same" within half a percent; empty when absent. `ratio` is this
/// time divided by the other time.
std::string ratio_text(std::optional<double> ratio);

/// Bytes (or operations) per second of a timed row; absent without a time.
std::optional<double> bytes_per_second(const Record& record);
std::optional<double> flops_per_second(const Record& record);
/// Half of the interquartile range, in percent of the median.
std::optional<double> spread_percent(const Record& record);
/// Whether more than one sample counts towards the times. The quartiles of a single sample show no
/// spread.
bool has_spread(const Record& record);
/// Whether every sample is disturbed, so that all of them count.
bool all_disturbed(const Record& record);

/// Whether the kernel failed or its result was not found correct.
constexpr bool is_failure(Status status) {
  return status != Status::passed && status != Status::unsupported;
}

/// `text` as the content of an XML element or attribute. What XML 1.0 does not allow (control
/// characters, invalid UTF-8) becomes U+FFFD.
std::string xml_escaped(std::string_view text);

/// `text` in at most `width` characters, "…" in place of its middle.
std::string shortened(std::string_view text, std::size_t width);

}  // namespace kernelgate
