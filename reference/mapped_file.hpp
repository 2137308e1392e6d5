// A file mapped for reading.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string_view>

namespace kernelgate::reference {

/// Whether a directory has an entry of this name. A link whose target is missing counts, so that
/// reading it says so.
bool is_there(const std::filesystem::path& path);

class MappedFile {
 public:
  /// Throws BadInput naming the path when it is not a readable regular file.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace kernelgate::reference
