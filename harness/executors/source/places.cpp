#include "harness/executors/source/places.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>
#include <string_view>
#include <vector>

#include "harness/core/text_parts.hpp"

extern char** environ;

namespace kernelgate {

namespace {

constexpr Place far_flag = 1U << 31;

struct FarPlaces {
  std::mutex mutex;
  std::vector<std::uintptr_t> addresses;
  std::map<std::uintptr_t, Place> index;
};

FarPlaces& far_places() {
  static FarPlaces places;
  return places;
}

std::intptr_t anchor() { return reinterpret_cast<std::intptr_t>(&far_place); }

std::uintptr_t address_of(Place place) {
  if (!(place & far_flag)) {
    return static_cast<std::uintptr_t>(anchor() + static_cast<std::int64_t>(place) - near_range);
  }
  FarPlaces& far = far_places();
  const std::scoped_lock lock(far.mutex);
  return far.addresses[place & ~far_flag];
}

// The output of a program, or an empty string if it cannot be run.
std::string output_of(std::vector<std::string> words) {
  std::array<int, 2> pipe_ends{};
  if (pipe2(pipe_ends.data(), O_CLOEXEC) != 0) return "";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipe_ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int failed =
      posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipe_ends[1]);
  std::string out;
  if (failed == 0) {
    std::array<char, 4096> buffer{};
    for (ssize_t got = 0; (got = read(pipe_ends[0], buffer.data(), buffer.size())) > 0;) {
      out.append(buffer.data(), static_cast<std::size_t>(got));
    }
    int status = 0;
    waitpid(child, &status, 0);
  }
  close(pipe_ends[0]);
  return out;
}

// addr2line -i prints one "path/file.hpp:41 (discriminator 2)" for each level of inlining, the
// innermost first. The dialect's own functions are skipped, since the kernel's author needs the
// caller.
std::string line_outside_dialect(std::string_view lines) {
  std::string innermost;
  while (!lines.empty()) {
    std::string_view line = take_line(lines);
    line = line.substr(0, line.find(" ("));
    if (line.empty() || line.starts_with("??") || line.ends_with(":?") || line.ends_with(":0")) {
      continue;
    }
    const std::string name(line.substr(line.rfind('/') + 1));
    if (line.find("kernels/common/dialect/") == std::string_view::npos) return name;
    if (innermost.empty()) innermost = name;
  }
  return innermost;
}

std::string look_up(std::uintptr_t address) {
  const auto* pointer = std::bit_cast<const void*>(address - 1);  // inside the call
  Dl_info info{};
  link_map* map = nullptr;
  if (dladdr1(pointer, &info, reinterpret_cast<void**>(&map), RTLD_DL_LINKMAP) == 0) {
    return fmt::format("{:#x}", address);
  }
  const bool program = map == nullptr || map->l_name == nullptr || map->l_name[0] == '\0';
  const std::string file = program ? "/proc/self/exe" : map->l_name;
  std::array<char, 4096> path{};
  const ssize_t length = program ? readlink(file.c_str(), path.data(), path.size()) : -1;
  const std::string object =
      length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : file;
  const std::uintptr_t offset = address - 1 - (map ? map->l_addr : 0);
  std::string line = line_outside_dialect(
      output_of({"addr2line", "-i", "-e", object, fmt::format("{:#x}", offset)}));
  if (!line.empty()) return line;
  if (info.dli_sname) {
    return fmt::format("{}+{:#x}", info.dli_sname,
                       address - reinterpret_cast<std::uintptr_t>(info.dli_saddr));
  }
  return fmt::format("{}+{:#x}", object.substr(object.rfind('/') + 1), offset);
}

}  // namespace

Place far_place(const void* return_address) {
  const auto address = reinterpret_cast<std::uintptr_t>(return_address);
  FarPlaces& far = far_places();
  const std::scoped_lock lock(far.mutex);
  const auto [it, fresh] =
      far.index.try_emplace(address, far_flag | static_cast<Place>(far.addresses.size()));
  if (fresh) far.addresses.push_back(address);
  return it->second;
}

std::string name_of_place(Place place) {
  static std::mutex mutex;
  static std::map<Place, std::string> names;
  const std::scoped_lock lock(mutex);
  const auto [it, fresh] = names.try_emplace(place);
  if (fresh) it->second = look_up(address_of(place));
  return it->second;
}

}  // namespace kernelgate
