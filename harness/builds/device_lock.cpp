#include "harness/builds/device_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "harness/core/error.hpp"
#include "harness/core/temporary_folder.hpp"

namespace kernelgate {
namespace {

[[noreturn]] void fail(const std::filesystem::path& file, const char* doing) {
  throw BadInput(fmt::format("device lock: cannot {} '{}': {} ($KERNELGATE_LOCKS names its folder)",
                             doing, file.string(), std::strerror(errno)));
}

std::string holder_of(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t got = ::pread(descriptor, text.data(), text.size() - 1, 0);
  const std::string pid(text.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  return pid.empty() ? "another process" : "process " + pid;
}

}  // namespace

std::filesystem::path device_lock_file(const std::string& device) {
  const char* folder = std::getenv("KERNELGATE_LOCKS");
  const std::filesystem::path where =
      folder != nullptr ? std::filesystem::path(folder)
                        : temporary_folder("or name another folder by KERNELGATE_LOCKS");
  return where / ("kernelgate-" + device + ".lock");
}

DeviceLock::DeviceLock(const std::filesystem::path& file,
                       const std::function<void(const std::string&)>& waiting) {
  descriptor_ = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(file, "open");
  ::fchmod(descriptor_, 0666);  // for other users; only the owner can set it
  bool said = false;
  while (::flock(descriptor_, said ? LOCK_EX : LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) fail(file, "lock");
    waiting(
        fmt::format("waits for the device: {} holds {}", holder_of(descriptor_), file.string()));
    said = true;
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(descriptor_, 0) == 0 && ::pwrite(descriptor_, pid.data(), pid.size(), 0) < 0) {
    return;  // the holder is only informative
  }
}

DeviceLock::~DeviceLock() { ::close(descriptor_); }

}  // namespace kernelgate
