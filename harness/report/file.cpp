#include "harness/report/file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>

#include "harness/core/error.hpp"

namespace kernelgate {

void write_whole_file(const std::filesystem::path& file, std::string_view bytes) {
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  const std::filesystem::path part = file.string() + ".part";
  errno = 0;
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (out.fail()) {
    const int reason = errno;
    std::filesystem::remove(part, error);
    throw BadInput(fmt::format("report: cannot write '{}': {}", file.string(),
                               reason != 0 ? std::strerror(reason) : "unknown reason"));
  }
  std::filesystem::rename(part, file, error);
  if (error) {
    throw BadInput(fmt::format("report: cannot write '{}': {}", file.string(), error.message()));
  }
}

}  // namespace kernelgate
