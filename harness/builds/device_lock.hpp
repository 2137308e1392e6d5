// Locks a device for one comparison at a time: concurrent measurements would disturb each other.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

namespace kernelgate {

/// The lock file of a device ("cpu", "cuda"), the same for every user of this machine, in
/// $KERNELGATE_LOCKS or the system's folder for temporary files.
std::filesystem::path device_lock_file(const std::string& device);

/// Keeps flock() on that file for the object's lifetime. The system releases it when the process
/// ends in any way.
class DeviceLock {
 public:
  /// Waits while another process has the lock, after one call of `waiting` with a text that
  /// contains the file and the holder. Throws BadInput if the file cannot be opened.
  DeviceLock(const std::filesystem::path& file,
             const std::function<void(const std::string&)>& waiting);
  ~DeviceLock();
  DeviceLock(const DeviceLock&) = delete;
  DeviceLock& operator=(const DeviceLock&) = delete;

 private:
  int descriptor_ = -1;
};

}  // namespace kernelgate
