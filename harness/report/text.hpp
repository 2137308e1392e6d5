// Texts of reports: figures with units for people, and what XML may hold.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "harness/records/record.hpp"

namespace kernelgate {

/// Three significant digits with a unit: "1.23 ms", "456 ns", "12.0 s". Empty when absent.
std::string time_text(std::optional<double> seconds);
/// "8.00" of `per_second / 1e9`, three significant digits; empty when absent.
std::string giga_text(std::optional<double> per_second);
/// "63.2 %" of 0.632, three significant digits; "no figure" when absent.
std::string percent_text(std::optional<double> share);
/// "1.25x faster", "1.04x slower", "same" within half a percent; empty when absent. `ratio` is the
/// time of this over the time of the other.
std::string ratio_text(std::optional<double> ratio);

/// Bytes (or operations) of a timed row a second; absent without a time.
std::optional<double> bytes_per_second(const Record& record);
std::optional<double> flops_per_second(const Record& record);
/// Half the distance of the quartiles in percent of the median.
std::optional<double> spread_percent(const Record& record);
/// Whether more than one sample counts towards the times: the quartiles of one say nothing.
bool has_spread(const Record& record);
/// Whether every sample is disturbed, so that all of them count.
bool all_disturbed(const Record& record);

/// A status that says that the kernel is at fault or was not found right.
constexpr bool is_failure(Status status) {
  return status != Status::passed && status != Status::unsupported;
}

/// `text` as the content of an XML element or attribute. What XML 1.0 cannot hold (control
/// characters, bytes that are no UTF-8) becomes U+FFFD.
std::string xml_escaped(std::string_view text);

/// `text` in at most `width` characters, "…" in place of its middle.
std::string shortened(std::string_view text, std::size_t width);

}  // namespace kernelgate
