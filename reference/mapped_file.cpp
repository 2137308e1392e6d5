#include "reference/mapped_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "harness/core/error.hpp"

namespace kernelgate::reference {

bool is_there(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(path, error));
}

MappedFile::MappedFile(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const auto refuse = [&](const std::string& why) {
    if (file >= 0) ::close(file);
    throw BadInput(path.string() + ": cannot be read: " + why);
  };
  std::error_code error;
  if (file < 0 && errno == ENOENT && std::filesystem::is_symlink(path, error)) {
    refuse("it is a link to " + std::filesystem::read_symlink(path, error).string() +
           ", which is not there");
  }
  if (file < 0) refuse(std::strerror(errno));
  struct stat info {};
  if (::fstat(file, &info) != 0) refuse(std::strerror(errno));
  if (!S_ISREG(info.st_mode)) refuse("expected a regular file");
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > 0) {
    void* start = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
    if (start == MAP_FAILED) refuse(std::strerror(errno));
    bytes_ = {static_cast<const std::byte*>(start), size};
  }
  ::close(file);
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) {
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
}

}  // namespace kernelgate::reference
