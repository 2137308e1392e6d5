// Finds the control groups, version 1 and 2, that limit this process, from the files of /proc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kernelgate {

/// A group's folder, and the version of the files in it.
struct ControlGroup {
  std::filesystem::path folder;
  int version = 2;
  bool operator==(const ControlGroup&) const = default;
};

/// The groups that limit `controller` ("memory", "cpu") for this process, with all their parents up
/// to the root of the mount, innermost first. The texts are those of /proc/self/cgroup and
/// /proc/self/mountinfo. Lines that do not parse are skipped.
std::vector<ControlGroup> control_groups(std::string_view self_cgroup, std::string_view mountinfo,
                                         std::string_view controller);

/// The same, from the files below `root` in place of /.
std::vector<ControlGroup> control_groups_below(const std::filesystem::path& root,
                                               std::string_view controller);

/// The first MiB of a system file; empty if it cannot be read.
std::string read_system_file(const std::filesystem::path& file);

/// The number at the start of a text, after blanks. Nothing for "max", for negative numbers and for
/// numbers beyond 2^63 - 1.
std::optional<std::int64_t> leading_number(std::string_view text);

/// The number after a name at the start of a line: "MemAvailable:  123 kB", "inactive_file 4096".
std::optional<std::int64_t> number_of(std::string_view text, std::string_view name);

}  // namespace kernelgate
