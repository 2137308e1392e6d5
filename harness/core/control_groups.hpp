// The control groups that limit this process, of version 1 and 2, by the files of /proc.
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

/// The groups that hold this process to a limit of `controller` ("memory", "cpu"), each of them up
/// to the root of what is mounted, the innermost first. The texts are those of /proc/self/cgroup
/// and /proc/self/mountinfo; lines that do not parse are left out.
std::vector<ControlGroup> control_groups(std::string_view self_cgroup, std::string_view mountinfo,
                                         std::string_view controller);

/// The same, from the files below `root` in place of /.
std::vector<ControlGroup> control_groups_below(const std::filesystem::path& root,
                                               std::string_view controller);

/// The first MiB of a file of the system; empty where it cannot be read.
std::string read_system_file(const std::filesystem::path& file);

/// The number at the start of a text, behind blanks. Nothing for "max", for negative numbers and
/// for what is beyond 2^63 - 1.
std::optional<std::int64_t> leading_number(std::string_view text);

/// The number behind a name that begins a line: "MemAvailable:  123 kB", "inactive_file 4096".
std::optional<std::int64_t> number_of(std::string_view text, std::string_view name);

}  // namespace kernelgate
