#include "harness/core/control_groups.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <utility>

#include "harness/core/text_parts.hpp"

namespace kernelgate {
namespace {

namespace fs = std::filesystem;

/// Removes and returns the text up to `mark`; removes the mark, too. All of it if there is no mark.
std::string_view take(std::string_view& text, char mark) {
  const std::string_view word = text.substr(0, text.find(mark));
  text.remove_prefix(std::min(text.size(), word.size() + 1));
  return word;
}

/// Decodes escapes of mountinfo: "/my\040group" is "/my group".
std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto digit = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '\\' && i + 3 < text.size() && digit(i + 1) && digit(i + 2) && digit(i + 3)) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                                 (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

bool has_word(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    if (take(list, ',') == word) return true;
  }
  return false;
}

/// A mounted hierarchy: its group `root` is visible at `point`.
struct Mount {
  std::string root, point;
};

std::optional<Mount> mount_of(std::string_view mountinfo, int version,
                              std::string_view controller) {
  while (!mountinfo.empty()) {
    std::string_view line = take_line(mountinfo);
    Mount mount;
    for (int field = 0; field < 5; ++field) {
      const std::string_view word = take(line, ' ');
      if (field == 3) mount.root = unescaped(word);
      if (field == 4) mount.point = unescaped(word);
    }
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos || mount.point.empty()) continue;
    line.remove_prefix(dash + 3);
    const std::string_view type = take(line, ' ');
    take(line, ' ');  // the source
    if (version == 2 ? type == "cgroup2" : type == "cgroup" && has_word(line, controller)) {
      return mount;
    }
  }
  return std::nullopt;
}

void add_groups(std::vector<ControlGroup>& groups, const Mount& mount, std::string_view path,
                int version) {
  // Inside a container the path may be the host's, and the mount begins at the container's group.
  std::string_view below = path;
  if (mount.root != "/") {
    const bool inside = below.starts_with(mount.root) &&
                        (below.size() == mount.root.size() || below[mount.root.size()] == '/');
    below = inside ? below.substr(mount.root.size()) : std::string_view{};
  }
  // A path that leaves the namespace ("/../x") has no folder here: the mount's own group is used.
  if (below.find("/..") != std::string_view::npos) below = {};
  while (!below.empty() && below.back() == '/') below.remove_suffix(1);
  for (;;) {
    groups.push_back({fs::path(mount.point + std::string(below)), version});
    if (below.empty()) return;
    below = below.substr(0, below.rfind('/'));
  }
}

}  // namespace

std::string read_system_file(const fs::path& file) {
  constexpr std::size_t max_bytes = 1 << 20;
  std::ifstream in(file, std::ios::binary);
  std::string text;
  std::array<char, 4096> piece{};
  while (in && text.size() < max_bytes) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  }
  return text;
}

std::optional<std::int64_t> leading_number(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value < 0) return std::nullopt;
  return value;
}

std::optional<std::int64_t> number_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    std::string_view line = take_line(text);
    if (!line.starts_with(name)) continue;
    line.remove_prefix(name.size());
    if (line.starts_with(':')) line.remove_prefix(1);
    if (!line.starts_with(' ') && !line.starts_with('\t')) continue;  // a longer name
    return leading_number(line);
  }
  return std::nullopt;
}

std::vector<ControlGroup> control_groups(std::string_view self_cgroup, std::string_view mountinfo,
                                         std::string_view controller) {
  constexpr std::size_t longest_path = 4096;  // PATH_MAX limits every folder of the system
  std::vector<ControlGroup> groups;
  bool seen[3] = {};  // a process has one group of each version for a controller
  while (!self_cgroup.empty()) {
    std::string_view line = take_line(self_cgroup);
    take(line, ':');  // the hierarchy's number
    const std::string_view controllers = take(line, ':');
    if (!line.starts_with('/') || line.size() > longest_path) continue;
    const int version = controllers.empty() ? 2 : 1;
    if (version == 1 && !has_word(controllers, controller)) continue;
    if (std::exchange(seen[version], true)) continue;
    if (const auto mount = mount_of(mountinfo, version, controller)) {
      add_groups(groups, *mount, line, version);
    }
  }
  return groups;
}

std::vector<ControlGroup> control_groups_below(const fs::path& root, std::string_view controller) {
  const fs::path self = root / "proc/self";
  return control_groups(read_system_file(self / "cgroup"), read_system_file(self / "mountinfo"),
                        controller);
}

}  // namespace kernelgate
