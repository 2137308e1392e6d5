// One comparison at a time on a device: two that measure at once would measure each other.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace kernelgate {

/// The lock's file for a device ("cpu", "cuda"), the same for every user of this machine:
/// $KERNELGATE_LOCKS or the system's folder for temporary files.
std::filesystem::path device_lock_file(const std::string& device);

/// flock() on that file for as long as the object lives; the system lets go of it when the process
/// dies, however it dies.
class DeviceLock {
 public:
  /// Waits while another process holds it, and then calls `waiting` once with words that name the
  /// file and the holder. Throws BadInput when the file cannot be opened.
  DeviceLock(const std::filesystem::path& file,
             const std::function<void(const std::string&)>& waiting);
  ~DeviceLock();
  DeviceLock(const DeviceLock&) = delete;
  DeviceLock& operator=(const DeviceLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace kernelgate
