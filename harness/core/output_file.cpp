#include "harness/core/output_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "harness/core/error.hpp"

namespace kernelgate {

void make_folder(const std::filesystem::path& folder, std::string_view option) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (std::filesystem::is_directory(folder)) return;
  throw BadInput(fmt::format("{}{}{}: cannot make this folder: {}", option,
                             option.empty() ? "" : " ", folder.string(), error.message()));
}

void write_whole_file(const std::filesystem::path& file, std::string_view bytes) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  const auto there = std::filesystem::status(file, error);
  // A device or a pipe is written directly, because a rename would replace it for all its users.
  const bool in_place = std::filesystem::exists(there) && !std::filesystem::is_regular_file(there);
  const std::filesystem::path part = in_place ? file.string() : file.string() + ".part";
  errno = 0;
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (out.fail()) {
    const int reason = errno;
    if (!in_place) std::filesystem::remove(part, error);
    throw BadInput(fmt::format("report: cannot write '{}': {}", file.string(),
                               reason != 0 ? std::strerror(reason) : "unknown reason"));
  }
  if (in_place) return;
  std::filesystem::rename(part, file, error);
  if (error) {
    throw BadInput(fmt::format("report: cannot write '{}': {}", file.string(), error.message()));
  }
}

}  // namespace kernelgate
