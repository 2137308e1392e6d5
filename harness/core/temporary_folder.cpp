#include "harness/core/temporary_folder.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "harness/core/error.hpp"

namespace kernelgate {

std::filesystem::path temporary_folder(std::string_view other_way) {
  const char* chosen = std::getenv("TMPDIR");
  const bool is_set = chosen != nullptr && *chosen != '\0';
  const std::filesystem::path folder = is_set ? chosen : "/tmp";
  std::error_code error;
  std::string why;
  if (!std::filesystem::is_directory(folder, error)) {
    why = std::filesystem::exists(folder, error) ? "not a folder" : "no such folder";
  } else if (::access(folder.c_str(), W_OK | X_OK) != 0) {
    why = std::string("cannot be written: ") + std::strerror(errno);
  } else {
    return folder;
  }
  throw BadInput("TMPDIR=" + (is_set ? folder.string() : std::string()) +
                 ": the folder for temporary files" +
                 (is_set ? std::string() : ", " + folder.string()) + ": " + why +
                 "; expected a folder that can be written" +
                 (other_way.empty() ? std::string() : ", " + std::string(other_way)));
}

}  // namespace kernelgate
